/** Oneself: the profile line, changing it, and signing out. */

import { get, patch, post } from "./api.js";
import { broadcast } from "./broadcast.js";
import { avatar, fill, h, toast, words } from "./dom.js";
import { field, onSubmit, problem } from "./forms.js";
import { session } from "./session.js";

const SINCE = new Intl.DateTimeFormat("en", { dateStyle: "long" });

/** Show one's own account in the dialog. */
export async function showAccount() {
  const dialog = document.getElementById("dialog");
  const body = h("div", { class: "body" }, h("p", { class: "quiet" }, "One moment…"));
  open(dialog, "Your account", body);
  try {
    fill(body, ...account(await get(`/users/${encodeURIComponent(session.user.id)}`), dialog));
  } catch (error) {
    fill(body, h("p", { class: "problem", role: "alert" }, error.message));
  }
}

/** Open the dialog with a title and a body. */
export function open(dialog, title, body) {
  const close = h("button", { class: "plain close", type: "button", "aria-label": "Close" }, "×");
  close.addEventListener("click", () => dialog.close());
  fill(dialog, h("header", {}, h("h2", { id: "dialog-title" }, title), close), body);
  if (!dialog.open) dialog.showModal();
}

function account(user, dialog) {
  const line = h("div", { class: "profile" });
  const tell = ({ username, displayName, role, email, createdAt }) =>
    fill(
      line,
      avatar(user, "large"),
      h(
        "div",
        {},
        words(displayName, "strong"),
        h("span", { class: "quiet" }, `@${username} · ${role}`),
        h("span", { class: "quiet" }, `${email} · since ${SINCE.format(new Date(createdAt))}`),
      ),
    );
  tell(user);
  const form = h(
    "form",
    {},
    field("displayName", "Display name", { value: user.displayName, maxlength: 50, autocomplete: "name", dir: "auto" }),
    field("bio", "About you", { as: "textarea", rows: 3, maxlength: 500, dir: "auto" }),
    problem(),
    h(
      "div",
      { class: "row" },
      h("button", { class: "main", type: "submit" }, "Save"),
      h("button", { type: "button", id: "sign-out", on: { click: () => leave(dialog) } }, "Sign out"),
    ),
  );
  form.elements.bio.value = user.bio ?? "";
  onSubmit(form, async ({ displayName, bio }) => {
    tell(await patch(`/users/${encodeURIComponent(user.id)}`, { displayName, bio }));
    toast("Saved.", "good");
  });
  return [line, form];
}

async function leave(dialog) {
  dialog.close();
  await broadcast.abandon();
  await post("/auth/logout").catch(() => {}); // The session is gone or will run out; here it ends in any case.
  session.end();
  location.hash = "#/";
  toast("You are signed out.");
}
