/** Going live. */

import { broadcast, onAir } from "./broadcast.js";
import { burst, chat, health } from "./chat.js";
import { connection } from "./connection.js";
import { count, fill, h, icon, number, toast, words } from "./dom.js";
import { BadField, field, onSubmit, problem } from "./forms.js";
import { session } from "./session.js";
import { NoPicture, open } from "./sources.js";
import { patch, Refusal } from "./api.js";

const HOSTS = ["creator", "provider"];
const SOURCES = [
  ["pattern", "Test pattern", "Drawn here, always moving."],
  ["camera", "Camera", "Picture only, no sound."],
];

/** The page of one's own stream; what it returns ends the page, not the stream. */
export function live(root) {
  if (!HOSTS.includes(session.user.role)) {
    fill(root, cannot());
    return undefined;
  }
  let close = () => {};
  let was;
  const look = () => {
    if (was === broadcast.stream && was !== undefined) return;
    was = broadcast.stream;
    close();
    close = was ? stage(root) : setup(root);
  };
  const lost = ({ detail }) => toast(detail, "bad");
  broadcast.addEventListener("change", look);
  broadcast.addEventListener("lost", lost);
  look();
  return () => {
    broadcast.removeEventListener("change", look);
    broadcast.removeEventListener("lost", lost);
    close();
  };
}

function cannot() {
  return h(
    "div",
    { class: "card narrow" },
    h("h1", { tabindex: "-1" }, "Go live"),
    h("p", {}, "Accounts of creators and providers go live. Yours watches, chats and tips."),
    h("a", { class: "button", href: "#/" }, "See who is live"),
  );
}

function picture(stream) {
  const video = h("video", { autoplay: true, playsinline: true, muted: true, "aria-label": "Your picture" });
  video.muted = true;
  video.srcObject = stream;
  return video;
}

/** Choosing title, price and picture, with the picture beside it. */
function setup(root) {
  let source = null;
  let isOver = false;
  const view = h("div", { class: "stage" });
  const said = h("p", { class: "error", role: "alert", hidden: true });
  const going = h("div", {});

  async function choose(kind) {
    said.hidden = true;
    try {
      const opened = await open(kind);
      if (isOver) return opened.stop();
      source?.stop();
      source = opened;
      fill(view, picture(source.stream), h("span", { class: "badge" }, "Preview"));
    } catch (error) {
      if (!(error instanceof NoPicture)) throw error;
      said.textContent = error.message;
      said.hidden = false;
      if (source) form.elements.source.value = source.kind;
    }
    return undefined;
  }

  const price = field("tokenPrice", "Price of entry, in tokens", { type: "number", min: 1, step: 1, value: 10, inputmode: "numeric" });
  price.hidden = true;
  const form = h(
    "form",
    {},
    field("title", "Title", { maxlength: 140, dir: "auto", placeholder: "What is it about?" }),
    h("fieldset", {}, h("legend", {}, "Picture"), h("div", { class: "choices" }, SOURCES.map(radio)), said),
    h(
      "label",
      { class: "check" },
      h("input", { type: "checkbox", name: "isPremium" }),
      h("span", {}, "Premium: viewers pay once to get in"),
    ),
    price,
    problem(),
    h("button", { class: "main wide", type: "submit" }, "Go live"),
  );
  form.addEventListener("change", ({ target }) => {
    if (target.name === "isPremium") price.hidden = !target.checked;
    if (target.name === "source") choose(target.value);
  });
  onSubmit(form, async ({ title, isPremium, tokenPrice }) => {
    if (!title.trim()) throw new BadField("title", "Give it a title.");
    const cost = Number(tokenPrice);
    if (isPremium && !(Number.isInteger(cost) && cost > 0)) throw new BadField("tokenPrice", "Give a whole number, 1 or more.");
    if (!source) throw new BadField("source", "Choose a picture first.");
    await handOver((mine) => broadcast.start({ title: title.trim(), isPremium: Boolean(isPremium), tokenPrice: isPremium ? cost : 0 }, mine));
  });

  /** Give the picture away; have a new one should that fail. */
  async function handOver(begin) {
    const mine = source;
    source = null;
    try {
      await begin(mine);
    } catch (error) {
      await choose(mine.kind);
      throw error;
    }
  }

  onAir().then(
    (streams) => !isOver && fill(going, streams.map((stream) => already(stream, handOver))),
    () => {}, // Said when one goes live, if it matters then.
  );
  fill(
    root,
    h("div", { class: "title" }, h("h1", { tabindex: "-1" }, "Go live")),
    going,
    h("div", { class: "split" }, view, h("div", { class: "card" }, form)),
  );
  choose("pattern");
  return () => {
    isOver = true;
    source?.stop();
  };
}

function radio([value, label, text]) {
  return h(
    "label",
    { class: "choice" },
    h("input", { type: "radio", name: "source", value, checked: value === "pattern" }),
    h("span", {}, h("strong", {}, label), h("small", {}, text)),
  );
}

/** A stream of one's own that is on, though not from this page. */
function already(stream, handOver) {
  const said = h("p", { class: "error", role: "alert", hidden: true });
  const box = h("div", { class: "notice already" });
  const act = (verb) => async () => {
    said.hidden = true;
    try {
      await verb();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      said.textContent = error.message;
      said.hidden = false;
    }
  };
  const send = act(() => handOver((mine) => broadcast.takeOver(stream, mine)));
  const end = act(async () => {
    if (stream.state === "frozen") await patch(`/streams/${stream.streamId}/state`, { state: "live" });
    await patch(`/streams/${stream.streamId}/state`, { state: "ended" });
    box.remove();
    toast("The stream is over.");
  });
  return fill(
    box,
    h("p", {}, words(stream.title, "strong"), " is on already, though not from this page."),
    h("div", { class: "row" }, h("button", { type: "button", on: { click: send } }, "Send it from here"), h("button", { type: "button", class: "danger", on: { click: end } }, "End it")),
    said,
  );
}

/** On air. */
function stage(root) {
  const { stream } = broadcast;
  const view = h("div", { class: "stage" });
  const badge = h("span", { class: "badge live" }, "Live");
  const viewers = h("dd", { id: "viewers" });
  const reached = h("dd", {});
  const earned = h("dd", { id: "earned" });
  const said = h("p", { class: "problem", role: "alert", hidden: true });
  const pause = h("button", { type: "button" });
  const swap = h("button", { type: "button" });
  const finish = h("button", { type: "button", class: "danger" }, "End stream");
  const talk = chat(stream.room, session.user);
  const well = health();
  const tips = connection.on(stream.room, { tip: (told) => burst(view, told) });
  let shown = null;

  const act = (button, verb) =>
    button.addEventListener("click", async () => {
      said.hidden = true;
      button.disabled = true;
      try {
        await verb();
      } catch (error) {
        said.textContent = error.message;
        said.hidden = false;
      } finally {
        button.disabled = false;
      }
    });
  act(pause, () => (broadcast.state === "live" ? broadcast.pause() : broadcast.resume()));
  act(swap, async () => broadcast.change(await open(broadcast.source.kind === "camera" ? "pattern" : "camera")));
  let isSure = false;
  act(finish, async () => {
    if (!isSure) {
      isSure = true;
      finish.textContent = "Sure? End it";
      return;
    }
    await broadcast.end();
    toast("The stream is over.", "good");
  });
  finish.addEventListener("blur", () => {
    isSure = false;
    finish.textContent = "End stream";
  });

  function look() {
    if (broadcast.stream !== stream) return;
    if (broadcast.source && shown !== broadcast.source) {
      shown = broadcast.source;
      fill(view, picture(shown.stream), badge);
    }
    const isLive = broadcast.state === "live";
    badge.className = isLive ? "badge live" : "badge";
    badge.textContent = isLive ? "Live" : "Paused";
    fill(viewers, number(broadcast.viewers));
    fill(reached, number(broadcast.reached));
    fill(earned, number(broadcast.earned));
    pause.textContent = isLive ? "Pause" : "Resume";
    swap.textContent = shown?.kind === "camera" ? "Send test pattern" : "Send camera";
  }
  broadcast.addEventListener("change", look);
  fill(
    root,
    h(
      "div",
      { class: "watch" },
      h(
        "div",
        { class: "show" },
        well.element,
        view,
        h("div", { class: "title" }, words(stream.title, "h1"), h("p", { class: "quiet" }, stream.isPremium ? `Entry ${count(stream.tokenPrice, "token")}` : "Free for everybody")),
        h(
          "dl",
          { class: "facts" },
          h("div", {}, h("dt", {}, icon("eye"), "Viewers"), viewers),
          h("div", {}, h("dt", {}, icon("link"), "Get the picture"), reached),
          h("div", {}, h("dt", {}, icon("token"), "Tips"), earned),
        ),
        h("div", { class: "row" }, pause, swap, finish),
        said,
      ),
      talk.element,
    ),
  );
  root.querySelector("h1").tabIndex = -1;
  look();
  talk.recall();
  return () => {
    broadcast.removeEventListener("change", look);
    tips();
    talk.close();
    well.close();
  };
}
