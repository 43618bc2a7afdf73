/** Signing in, and making an account. */

import { post } from "./api.js";
import { fill, h } from "./dom.js";
import { field, onSubmit, problem } from "./forms.js";
import { session } from "./session.js";

const ROLES = [
  ["viewer", "Watch", "Watch streams, chat and tip."],
  ["creator", "Create", "All of that, and go live."],
];

/** The page of both; `#/sign-in` or `#/register`. */
export function signing(root, { isNew, reason }) {
  const form = isNew ? registration() : login();
  const [other, link, where] = isNew
    ? ["Have an account?", "Sign in", "#/sign-in"]
    : ["New here?", "Create an account", "#/register"];
  fill(
    root,
    h(
      "div",
      { class: "card narrow" },
      h("h1", { tabindex: "-1" }, isNew ? "Create an account" : "Sign in"),
      reason && h("p", { class: "notice", role: "status" }, reason),
      form,
      h("p", { class: "aside" }, other, " ", h("a", { href: where }, link)),
    ),
  );
}

function login() {
  const form = h(
    "form",
    {},
    field("email", "Email", { type: "email", autocomplete: "username", inputmode: "email" }),
    field("password", "Password", { type: "password", autocomplete: "current-password" }),
    problem(),
    h("button", { class: "main wide", type: "submit" }, "Sign in"),
  );
  onSubmit(form, async ({ email, password }) => {
    const told = await post("/auth/login", { email: email.trim(), password });
    enter(told);
  });
  return form;
}

function registration() {
  const choices = ROLES.map(([value, label, text]) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name: "role", value, checked: value === "viewer" }),
      h("span", {}, h("strong", {}, label), h("small", {}, text)),
    ),
  );
  const form = h(
    "form",
    {},
    field("email", "Email", { type: "email", autocomplete: "username", inputmode: "email" }),
    field("username", "Username", {
      autocomplete: "nickname",
      autocapitalize: "none",
      spellcheck: "false",
      hint: "3 to 30 of a-z, 0-9 and _.",
    }),
    field("password", "Password", { type: "password", autocomplete: "new-password", hint: "8 characters or more." }),
    h("fieldset", {}, h("legend", {}, "What you are here for"), h("div", { class: "choices" }, choices)),
    problem(),
    h("button", { class: "main wide", type: "submit" }, "Create account"),
  );
  onSubmit(form, async ({ email, username, password, role }) => {
    enter(await post("/auth/register", { email: email.trim(), username: username.trim(), password, role }));
  });
  return form;
}

function enter({ sessionToken, user }) {
  const { next } = session;
  session.next = "#/";
  session.begin(sessionToken, user);
  location.hash = next;
}
