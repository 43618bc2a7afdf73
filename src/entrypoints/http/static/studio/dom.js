/** Elements. What anybody wrote becomes text and nothing else: nothing here, or anywhere on this page, parses markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element.
 * @param {string} name
 * @param {Record<string, unknown>} [attributes] `on` holds listeners; false and null leave an attribute out.
 * @param {...(Node | string | number | null | false | undefined | Array)} children Strings become text.
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (value === true) {
      element.setAttribute(key, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, String(value));
    }
  }
  element.append(...present(children));
  return element;
}

/** Have an element hold these children and no others. */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
  return element;
}

function present(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === "number" ? String(child) : child));
}

/** One of the drawings that the document holds; it says nothing, the words beside it do. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Somebody's words or name: kept apart from ours, whichever way they are written. */
export function words(text, kind = "bdi") {
  return h(kind, { dir: "auto" }, text);
}

/** Colours that look well behind white letters, in degrees. */
const HUES = [258, 284, 306, 326, 344, 200, 214, 234];

/** A colour of one's own, the same each time, in degrees. */
export function hue(id) {
  let sum = 7;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 99_991;
  return HUES[sum % HUES.length];
}

/** Somebody as a coloured letter. */
export function avatar(user, kind = "") {
  const [first = "?"] = user.username;
  const element = h("span", { class: `avatar ${kind}`, "aria-hidden": "true" }, first.toUpperCase());
  element.style.setProperty("--hue", hue(user.id));
  return element;
}

const WHOLE = new Intl.NumberFormat("en");

/** A whole number as people read it. */
export function number(value) {
  return WHOLE.format(value);
}

/** `1 viewer`, `2 viewers`. */
export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** A name that nobody else has: also where the page is not served over HTTPS and `randomUUID` is not there. */
export function unique() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const region = () => document.getElementById("said");

/** Say something to whoever listens instead of looking. */
export function announce(text) {
  region().textContent = text;
}

let hiding;

/** Show a short word that goes away by itself, and say it. */
export function toast(text, kind = "") {
  const box = document.getElementById("toast");
  box.className = `toast ${kind}`;
  box.textContent = text;
  box.hidden = false;
  announce(text);
  clearTimeout(hiding);
  hiding = setTimeout(() => (box.hidden = true), 5000);
}
