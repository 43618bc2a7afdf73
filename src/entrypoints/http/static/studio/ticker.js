/** Runs as a worker: browsers slow the clocks of tabs in the background, but not of their workers. */

const running = new Map();

self.onmessage = ({ data: { id, every } }) => {
  clearInterval(running.get(id));
  running.delete(id);
  if (every) running.set(id, setInterval(() => self.postMessage(id), every));
};
