/** Buying tokens: the provider takes the money on a page of its own, and the balance says when they have come. */

import { post } from "./api.js";
import { open } from "./account.js";
import { fill, h, icon, number, unique } from "./dom.js";
import { onSubmit, problem } from "./forms.js";
import { session } from "./session.js";

const PACKAGES = JSON.parse(document.documentElement.dataset.packages);
const METHODS = [
  ["card", "Card"],
  ["ideal", "iDEAL"],
  ["crypto", "Crypto"],
];

function price({ minor, currency }) {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** Show what is on sale in the dialog. */
export function showTokens() {
  const dialog = document.getElementById("dialog");
  const body = h("div", { class: "body" });
  open(dialog, "Buy tokens", body);
  fill(body, PACKAGES.length ? choice(body, dialog) : h("p", {}, "Nothing is on sale here."));
}

function choice(body, dialog) {
  const packages = PACKAGES.map((offer, place) =>
    h(
      "label",
      { class: "choice offer" },
      h("input", { type: "radio", name: "packageId", value: offer.id, checked: place === Math.min(1, PACKAGES.length - 1) }),
      h("span", {}, h("strong", {}, icon("token"), number(offer.tokens)), h("small", {}, price(offer.price))),
    ),
  );
  const methods = METHODS.map(([value, label]) =>
    h(
      "label",
      { class: "pill" },
      h("input", { type: "radio", name: "paymentMethod", value, checked: value === "card" }),
      h("span", {}, label),
    ),
  );
  const form = h(
    "form",
    {},
    h("fieldset", {}, h("legend", {}, "How many"), h("div", { class: "choices offers" }, packages)),
    h("fieldset", {}, h("legend", {}, "Pay by"), h("div", { class: "pills" }, methods)),
    problem(),
    h("button", { class: "main wide", type: "submit" }, "Continue to payment"),
  );
  const key = unique();
  onSubmit(form, async ({ packageId, paymentMethod }) => {
    const wanted = PACKAGES.find(({ id }) => id === packageId);
    const { checkoutUrl } = await post("/wallet/purchase", { packageId, paymentMethod }, { key: key + packageId + paymentMethod });
    fill(body, ...payment(checkoutUrl, wanted, dialog));
    body.querySelector("a").focus();
  });
  return form;
}

function payment(url, wanted, dialog) {
  const status = h("p", { class: "notice", role: "status" }, "Waiting for the payment…");
  const paying = h("a", { class: "button main wide", href: url, target: "_blank", rel: "noopener" }, "Open the payment page");
  const arrived = ({ detail: { before, wallet } }) => {
    if (!before || wallet.balance < before.balance + wanted.tokens) return;
    session.removeEventListener("wallet", arrived);
    status.textContent = `${number(wanted.tokens)} tokens have arrived. You have ${number(wallet.available)} now.`;
    status.classList.add("good");
    const done = h("button", { class: "main wide", type: "button", on: { click: () => dialog.close() } }, "Done");
    paying.replaceWith(done);
    if (dialog.open) done.focus();
  };
  session.addEventListener("wallet", arrived);
  dialog.addEventListener("close", () => session.removeEventListener("wallet", arrived), { once: true });
  return [
    h("p", {}, `${number(wanted.tokens)} tokens for ${price(wanted.price)}. The payment page opens in a new tab; come back here afterwards.`),
    paying,
    status,
  ];
}
