/** The studio: which page is shown, and what stands above all of them. */

import { showAccount } from "./account.js";
import { get } from "./api.js";
import { broadcast } from "./broadcast.js";
import { browse } from "./browse.js";
import { connection } from "./connection.js";
import { avatar, fill, h, icon, number, words } from "./dom.js";
import { live } from "./live.js";
import { session } from "./session.js";
import { signing } from "./signing.js";
import { showTokens } from "./tokens.js";
import { watch } from "./watch.js";

const main = document.getElementById("main");
const ROUTES = [
  [/^#?\/?$/, "Live now", browse],
  [/^#\/watch\/([\w-]+)$/, "Watch", (root, [, id]) => watch(root, { id })],
  [/^#\/live$/, "Go live", (root) => own(root, live)],
  [/^#\/sign-in$/, "Sign in", (root) => signing(root, { isNew: false, reason: told() })],
  [/^#\/register$/, "Create an account", (root) => signing(root, { isNew: true })],
];

let leave;
let reason = "";

function told() {
  const said = reason;
  reason = "";
  return said;
}

/** A page for those who are signed in. */
function own(root, page) {
  if (session.user) return page(root);
  session.next = location.hash;
  reason ||= "Sign in first.";
  location.replace("#/sign-in");
  return undefined;
}

function route() {
  leave?.();
  leave = undefined;
  const [title, page, match] = find();
  document.title = `${title} · Studio`;
  document.querySelectorAll("nav a").forEach((link) => {
    if (link.hash === (location.hash || "#/")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  fill(main);
  leave = page(main, match);
  main.querySelector("h1")?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

function find() {
  for (const [pattern, title, page] of ROUTES) {
    const match = pattern.exec(location.hash);
    if (match) return [title, page, match];
  }
  location.replace("#/");
  return ["Studio", () => undefined, []];
}

// ---- above the page

const person = document.getElementById("person");
const balance = h("strong", { id: "balance" }, "–");
const wallet = h(
  "button",
  { class: "wallet", type: "button", on: { click: showTokens } },
  icon("token"),
  balance,
  h("span", { class: "sr" }, " tokens. Buy more"),
  h("span", { class: "plus", "aria-hidden": "true" }, "+"),
);

function greet() {
  const { user } = session;
  if (!user) {
    fill(person, h("a", { class: "button", href: "#/sign-in" }, "Sign in"));
    return;
  }
  const me = h(
    "button",
    { class: "me", type: "button", on: { click: showAccount } },
    avatar(user, "small"),
    h("span", { class: "name" }, words(user.username)),
    h("span", { class: "sr" }, ", your account"),
  );
  fill(person, wallet, me);
}

function showWallet({ detail: { before, wallet: now } }) {
  balance.textContent = number(now.available);
  if (!before || before.available === now.available) return;
  wallet.classList.remove("up", "down");
  void wallet.offsetWidth; // Begins the movement anew.
  wallet.classList.add(now.available > before.available ? "up" : "down");
}

async function begin() {
  connection.close();
  greet();
  if (!session.user) return;
  connection.open();
  const { token } = session;
  try {
    const now = await get("/wallet/balance");
    if (session.token === token) session.setWallet(now);
  } catch {
    balance.textContent = "–"; // The connection tells it later on.
  }
}

function showOnAir() {
  document.getElementById("on-air").hidden = !broadcast.isOn;
}

session.addEventListener("user", begin);
session.addEventListener("wallet", showWallet);
session.addEventListener("ended", ({ detail }) => {
  document.getElementById("dialog").close();
  if (!detail) return;
  reason = detail;
  session.next = location.hash;
  location.hash = "#/sign-in";
});
broadcast.addEventListener("change", showOnAir);
addEventListener("hashchange", route);
addEventListener("beforeunload", (event) => {
  if (broadcast.isOn) event.preventDefault();
});

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // The address says which page it is, not where on it.
  main.focus();
});

begin();
route();
