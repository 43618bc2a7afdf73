/** The chat of a stream: lines, tips, and what becomes of the stream, in the order in which they came. */

import { get, Refusal } from "./api.js";
import { connection } from "./connection.js";
import { avatar, count, fill, h, icon, number, unique, words } from "./dom.js";
import { BadField, field, onSubmit, problem } from "./forms.js";
import { session } from "./session.js";

const KEPT = 300;
const CLOCK = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const LONGEST = 500;

/**
 * The chat.
 * @param {string} room
 * @param {{id: string, username: string}} host
 * @returns {{element: HTMLElement, note: (text: string) => void, recall: () => Promise<void>, close: () => void}}
 */
export function chat(room, host) {
  const list = h("div", { class: "lines", role: "log", "aria-label": "Chat", tabindex: "0" });
  const start = h("div", { class: "note" }, "The chat begins here. Say hello.");
  list.append(start);
  const shown = new Set();

  /** Show it in the order of ids, which is that of time: one's own words come back sooner than others' arrive. */
  function append(item, id) {
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    let before = list.lastElementChild;
    if (id) {
      item.dataset.key = id.slice(id.lastIndexOf("_") + 1);
      while (before?.dataset.key > item.dataset.key) before = before.previousElementSibling;
    }
    if (before) before.after(item);
    else list.prepend(item);
    while (list.children.length > KEPT) list.firstChild.remove();
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }

  function line({ messageId, sender, content, sentAt }) {
    if (shown.has(messageId)) return;
    shown.add(messageId);
    start.remove();
    const kind = sender.id === host.id ? "line of-host" : "line";
    append(
      h(
        "div",
        { class: kind },
        avatar(sender, "small"),
        h(
          "div",
          {},
          h("span", { class: "who" }, words(sender.username), sender.id === host.id && h("span", { class: "tag" }, "Host"), time(sentAt)),
          words(content, "p"),
        ),
      ),
      messageId,
    );
  }

  function tip({ transactionId, sender, amount, sentAt }) {
    if (shown.has(transactionId)) return;
    shown.add(transactionId);
    start.remove();
    append(
      h(
        "div",
        { class: "tip" },
        icon("token"),
        h("span", {}, words(sender.username, "strong"), " tipped ", h("strong", {}, count(amount, "token"))),
        time(sentAt),
      ),
      transactionId,
    );
  }

  /** What was said before we came, or while we were away. */
  async function recall() {
    try {
      const { lines } = await get(`/streams/${encodeURIComponent(room.slice(room.indexOf(":") + 1))}/chat`);
      lines.reverse().forEach(line);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error; // The chat goes on from here.
    }
  }

  const off = connection.on(room, { send_message: line, tip, joined: ({ isWhole }) => isWhole || recall() });
  return {
    recall,
    element: h("section", { class: "chat", "aria-label": "Chat" }, h("h2", {}, "Chat"), list, writing(room, line)),
    note: (text) => append(h("div", { class: "note" }, text)),
    close: off,
  };
}

function time(moment) {
  return h("time", { datetime: moment }, CLOCK.format(new Date(moment)));
}

function writing(room, line) {
  const form = h(
    "form",
    { class: "write" },
    field("content", "Message", { maxlength: LONGEST, placeholder: "Say something", dir: "auto", enterkeyhint: "send" }),
    h("button", { class: "main", type: "submit", "aria-label": "Send" }, icon("send")),
    problem(),
  );
  form.querySelector("label").className = "sr";
  // Kept until somebody has answered: what is sent again is not said twice.
  let pending = null;
  onSubmit(form, async ({ content }) => {
    if (!content.trim()) throw new BadField("content", "Write something first.");
    if (pending?.content !== content) pending = { content, key: unique() };
    const input = form.elements.content;
    try {
      const sent = await connection.ask("send_message", { room, content, type: "text", idempotencyKey: pending.key });
      line({ ...sent, sender: session.user });
      pending = null;
      if (input.value === content) input.value = "";
      input.focus();
    } catch (error) {
      if (error instanceof Refusal && error.status) pending = null;
      throw error;
    }
  });
  return form;
}

/** Tips float over the picture; for whoever wants nothing to move they only appear. */
export function burst(stage, { sender, amount }) {
  const element = h("div", { class: "burst", "aria-hidden": "true" }, icon("token"), words(sender.username), h("strong", {}, `+${number(amount)}`));
  stage.append(element);
  setTimeout(() => element.remove(), 3500);
}

/** How things stand with the connection; nothing while all is well. */
export function health() {
  const element = h("p", { class: "notice", role: "status", hidden: connection.isReady }, "Connecting…");
  let was = connection.isReady;
  const look = () => {
    element.hidden = connection.isReady;
    fill(element, was ? "The connection was lost. Trying again…" : "Connecting…");
    was ||= connection.isReady;
  };
  connection.addEventListener("state", look);
  return { element, close: () => connection.removeEventListener("state", look) };
}
