/** Who is live. */

import { get } from "./api.js";
import { every } from "./clock.js";
import { avatar, count, fill, h, hue, icon, number, words } from "./dom.js";
import { session } from "./session.js";

const FRESH = 5000;

/** The page of all live streams; what it returns ends it. */
export function browse(root) {
  const list = h("ul", { class: "streams", "aria-label": "Live streams" });
  const status = h("p", { class: "quiet", role: "status" }, "Looking who is live…");
  const cards = new Map();
  fill(
    root,
    h("div", { class: "title" }, h("h1", { tabindex: "-1" }, "Live now"), status),
    list,
  );

  let isAsking = false;
  async function look() {
    if (isAsking || document.hidden) return;
    isAsking = true;
    try {
      const { streams, total } = await get("/streams?state=live&limit=100");
      show(streams, total);
    } catch (error) {
      status.textContent = error.message;
    } finally {
      isAsking = false;
    }
  }

  function show(streams, total) {
    const said = total ? count(total, "stream") : "Nobody is live right now.";
    if (status.textContent !== said) status.textContent = said;
    const there = new Set(streams.map(({ streamId }) => streamId));
    for (const [id, item] of cards) {
      if (!there.has(id)) {
        item.element.remove();
        cards.delete(id);
      }
    }
    streams.forEach((stream, place) => {
      const item = cards.get(stream.streamId) ?? card(stream);
      cards.set(stream.streamId, item);
      item.update(stream);
      // Moved only where it is not there already, so that whoever stands on it stays there.
      if (list.children[place] !== item.element) list.insertBefore(item.element, list.children[place] ?? null);
    });
    root.querySelector(".empty")?.remove();
    if (!streams.length) list.after(empty());
  }

  look();
  const stop = every(FRESH, look);
  document.addEventListener("visibilitychange", look);
  return () => {
    stop();
    document.removeEventListener("visibilitychange", look);
  };
}

function empty() {
  return h(
    "div",
    { class: "empty" },
    h("p", {}, "When somebody goes live, they are here within seconds."),
    h("a", { class: "button main", href: "#/live" }, "Go live yourself"),
  );
}

function card(stream) {
  const viewers = h("span", {});
  const poster = h(
    "div",
    { class: "poster", "aria-hidden": "true" },
    h("span", { class: "badge live" }, "Live"),
    stream.isPremium && h("span", { class: "badge price" }, icon("token"), number(stream.tokenPrice)),
    h("span", { class: "letter" }, [...stream.title][0]),
  );
  poster.style.setProperty("--hue", hue(stream.streamId));
  const isOwn = session.user?.id === stream.host.id;
  const link = h(
    "a",
    { class: "stream", href: isOwn ? "#/live" : `#/watch/${stream.streamId}` },
    poster,
    h(
      "div",
      { class: "about" },
      avatar(stream.host),
      h(
        "div",
        {},
        words(stream.title, "strong"),
        h("span", { class: "quiet" }, words(stream.host.username), isOwn && " (you)"),
        h("span", { class: "quiet facts" }, icon("eye"), viewers, stream.isPremium && h("span", { class: "sr" }, `, entry ${count(stream.tokenPrice, "token")}`)),
      ),
    ),
  );
  return {
    element: h("li", {}, link),
    update: ({ viewerCount }) => {
      const said = count(viewerCount, "viewer");
      if (viewers.textContent !== said) viewers.textContent = said;
    },
  };
}
