/** Doing something again and again, also while the tab is in the background. */

const SCRIPT = new URL("./ticker.js", import.meta.url).href;
// The page's policy lets no text become code; this one script's address is the exception.
const policy = globalThis.trustedTypes?.createPolicy("studio", { createScriptURL: () => SCRIPT });
const tasks = new Map();
let worker = null;
let last = 0;

/**
 * Call `task` every so many milliseconds until the function that this returns is called.
 * @param {number} milliseconds
 * @param {() => void} task
 */
export function every(milliseconds, task) {
  if (!worker) {
    worker = new Worker(policy?.createScriptURL("") ?? SCRIPT);
    worker.onmessage = ({ data }) => tasks.get(data)?.();
  }
  const id = ++last;
  tasks.set(id, task);
  worker.postMessage({ id, every: milliseconds });
  return () => {
    tasks.delete(id);
    worker.postMessage({ id, every: 0 });
  };
}
