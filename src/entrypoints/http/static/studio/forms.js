/** Forms whose refusals stand where they belong. */

import { h } from "./dom.js";
import { Refusal } from "./api.js";

/**
 * A field with its label and the place for what is wrong with it.
 * @param {string} name As the API calls it.
 * @param {string} label
 * @param {Record<string, unknown>} [attributes] Of the input; `hint` is shown below it, `as` makes it another element.
 */
export function field(name, label, { hint, as = "input", ...attributes } = {}) {
  const id = `field-${name}`;
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h(as, { id, name, autocomplete: "off", "aria-describedby": `${id}-hint ${id}-error`, ...attributes }),
    h("p", { class: "hint", id: `${id}-hint`, hidden: !hint }, hint ?? ""),
    h("p", { class: "error", id: `${id}-error`, hidden: true }),
  );
}

/** The place for what is wrong with the whole of it. */
export function problem() {
  return h("p", { class: "problem", role: "alert", hidden: true });
}

/** Something wrong with one field, found before anybody was asked. */
export class BadField extends Error {
  constructor(name, message) {
    super(message);
    this.details = [{ field: name, message }];
  }
}

/**
 * Handle a form: one submission at a time; what goes wrong is said beside its field, else at the form's end.
 * @param {HTMLFormElement} form
 * @param {(values: Record<string, string>) => Promise<void>} handle
 */
export function onSubmit(form, handle) {
  form.noValidate = true;
  let isBusy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    form.setAttribute("aria-busy", "true");
    clear(form);
    try {
      await handle(Object.fromEntries(new FormData(form)));
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof BadField)) throw error;
      show(form, error);
    } finally {
      isBusy = false;
      form.removeAttribute("aria-busy");
    }
  });
}

/** Say what went wrong. */
export function show(form, error) {
  const rest = [];
  let first = null;
  for (const { field: name, message } of error.details) {
    const input = form.elements.namedItem(name);
    const place = input instanceof HTMLElement ? document.getElementById(`${input.id}-error`) : null;
    if (!place) {
      rest.push(message);
      continue;
    }
    place.textContent = upper(message);
    place.hidden = false;
    input.setAttribute("aria-invalid", "true");
    first ??= input;
  }
  const place = form.querySelector(".problem");
  if (place && (rest.length || !first)) {
    place.textContent = rest.length ? rest.map(upper).join(" ") : error.message;
    place.hidden = false;
  }
  first?.focus();
}

function clear(form) {
  form.querySelectorAll("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
  form.querySelectorAll(".error, .problem").forEach((place) => (place.hidden = true));
}

function upper(message) {
  return message.charAt(0).toUpperCase() + message.slice(1).replace(/\.?$/, ".");
}
