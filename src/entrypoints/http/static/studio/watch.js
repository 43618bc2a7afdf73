/** Watching a stream: the way in, the picture, the chat, tips. */

import { get, post, Refusal } from "./api.js";
import { burst, chat, health } from "./chat.js";
import { every } from "./clock.js";
import { connection } from "./connection.js";
import { avatar, count, fill, h, hue, icon, number, toast, unique, words } from "./dom.js";
import { BadField, field, onSubmit, problem } from "./forms.js";
import { Receiver } from "./rtc.js";
import { session } from "./session.js";
import { showTokens } from "./tokens.js";

const BEAT = 15_000;
const PATIENCE = 8_000;
const AMOUNTS = [5, 25, 100];

/** The page of one stream; what it returns leaves it. */
export function watch(root, { id }) {
  const visit = new Visit(root, id);
  visit.begin();
  return () => visit.end();
}

class Visit {
  #stop = [];
  #isOver = false;
  #receiver = null;
  #hasPicture = false;
  #isLate = false;
  #wasIn = false;

  constructor(root, id) {
    this.root = root;
    this.path = `/streams/${encodeURIComponent(id)}`;
    this.room = `stream:${id}`;
  }

  async begin() {
    fill(this.root, h("h1", { class: "sr", tabindex: "-1" }, "Stream"), h("p", { class: "quiet", role: "status" }, "One moment…"));
    try {
      this.stream = await get(this.path);
      if (this.#isOver) return;
      if (this.stream.host.id === session.user?.id) location.replace("#/live");
      else if (this.stream.state === "ended" || this.stream.state === "idle") this.#gate(this.stream.state === "ended" ? "This stream is over." : "This stream has not begun.");
      else if (!session.user) this.#invite();
      else if (this.stream.isPremium && !(await this.#isPaid())) this.#offer();
      else await this.#join();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!this.#isOver) this.#gate(error.status === 404 ? "There is no such stream." : error.message);
    }
  }

  end() {
    if (this.#isOver) return;
    this.#leave();
    if (this.joined && session.token) post(`${this.path}/leave`).catch(() => {}); // Else they leave by being silent.
  }

  #leave() {
    this.#isOver = true;
    this.#stop.splice(0).forEach((stop) => stop());
    this.#receiver?.close();
    connection.leave(this.room);
  }

  /** Whether entry was paid before: then the room is open to us. */
  async #isPaid() {
    try {
      await connection.enter(this.room);
      this.#wasIn = true;
      return true;
    } catch (error) {
      if (error.code === "ENTRY_REQUIRED") return false;
      throw error;
    }
  }

  // ---- before one is in

  #gate(text, ...actions) {
    const { stream } = this;
    const poster = h("div", { class: "poster wide", "aria-hidden": "true" }, h("span", { class: "letter" }, stream ? [...stream.title][0] : "?"));
    poster.style.setProperty("--hue", hue(this.room));
    fill(
      this.root,
      h(
        "div",
        { class: "card gate" },
        poster,
        stream ? words(stream.title, "h1") : h("h1", {}, "Nothing here"),
        stream && h("p", { class: "by" }, avatar(stream.host, "small"), words(stream.host.username)),
        h("p", {}, text),
        actions.length ? actions : h("a", { class: "button", href: "#/" }, "See who is live"),
      ),
    );
    this.root.querySelector("h1").tabIndex = -1;
  }

  #invite() {
    session.next = location.hash;
    this.#gate("Sign in to watch, chat and tip.", h("a", { class: "button main", href: "#/sign-in" }, "Sign in to watch"));
  }

  #offer() {
    const { tokenPrice } = this.stream;
    const said = h("p", { class: "problem", role: "alert", hidden: true });
    const pay = h("button", { class: "main wide", type: "button", id: "pay-entry" }, `Pay ${count(tokenPrice, "token")} and watch`);
    const more = h("button", { class: "wide", type: "button", hidden: true, on: { click: showTokens } }, "Buy tokens");
    pay.addEventListener("click", async () => {
      pay.disabled = true;
      said.hidden = true;
      try {
        await this.#join();
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        said.textContent = error.message;
        said.hidden = false;
        more.hidden = error.status !== 402;
      } finally {
        pay.disabled = false;
      }
    });
    this.#gate(
      "A premium stream: you pay once, and may come back as often as you like while it is on.",
      h("p", { class: "cost" }, icon("token"), h("strong", {}, number(tokenPrice)), h("span", { class: "quiet" }, tokenPrice === 1 ? "token" : "tokens")),
      pay,
      more,
      said,
    );
  }

  // ---- in

  async #join() {
    this.joined = await post(`${this.path}/join`, undefined, { key: unique() });
    if (this.#isOver) return;
    if (this.joined.tokensPaid) toast(`You paid ${count(this.joined.tokensPaid, "token")}.`, "good");
    this.#show();
    this.#listen();
    await connection.enter(this.room, (back) => this.#back(back));
    if (this.#isOver) return connection.leave(this.room);
    if (this.#wasIn) this.talk.recall(); // What was told since we looked in came before there was a place to show it.
    this.#receiver = new Receiver(this.room, this.joined.iceServers);
    this.#receiver.addEventListener("picture", ({ detail }) => this.#picture(detail));
    this.#receiver.addEventListener("change", () => this.#look());
    this.#receiver.restart();
    const late = setTimeout(() => {
      this.#isLate = true;
      this.#look();
    }, PATIENCE);
    this.#stop.push(every(BEAT, () => this.#beat()), () => clearTimeout(late));
    return undefined;
  }

  #listen() {
    this.#stop.push(
      connection.on(this.room, {
        viewer_count: ({ viewerCount }) => this.#count(viewerCount),
        tip: (told) => burst(this.view, told),
        stream_state: ({ state, reason }) => this.#state(state, reason),
        put_out: ({ code, message }) => this.#putOut(code, message),
      }),
    );
  }

  /** Back in the room after the connection was lost: the host knows us by another name now. */
  #back({ stream }) {
    this.#count(stream.viewerCount);
    if (stream.state === "ended") this.#state("ended");
    else this.#receiver?.restart();
  }

  async #beat() {
    try {
      if (connection.isReady) await connection.ask("heartbeat", { room: this.room });
      else await post(`${this.path}/heartbeat`);
    } catch (error) {
      if (this.#isOver || !error.status || error.status === 429 || error.status >= 500) return;
      // Not heard of for too long, they count no more: in again, which costs nothing.
      try {
        const { iceServers } = await post(`${this.path}/join`, undefined, { key: unique() });
        this.#receiver.iceServers = iceServers;
      } catch (refusal) {
        if (refusal.code === "STREAM_NOT_LIVE") this.#state("ended");
      }
    }
  }

  #state(state, reason) {
    this.stream.state = state;
    if (state === "ended") {
      this.#leave();
      this.#gate(reason === "host" ? "This stream is over. Thank you for watching." : "This stream is over.");
      return;
    }
    this.talk.note(state === "frozen" ? "The stream is paused." : "The stream goes on.");
    if (state === "live" && !this.#receiver?.isConnected) this.#receiver?.restart();
    this.#look();
  }

  #putOut(code, message) {
    if (code === "STREAM_ENDED") return this.#state("ended");
    this.#leave();
    return this.#gate(code === "BLOCKED" ? "You cannot watch this stream." : message);
  }

  // ---- what is seen

  #show() {
    const { stream } = this;
    this.video = h("video", { autoplay: true, playsinline: true, muted: true, "aria-label": `${stream.title}, live picture` });
    this.video.muted = true;
    this.badge = h("span", { class: "badge live" }, "Live");
    this.waiting = h("p", { class: "waiting", role: "status" });
    this.viewers = h("span", { id: "viewers" });
    this.view = h("div", { class: "stage" }, this.video, this.waiting, this.badge);
    this.view.style.setProperty("--hue", hue(stream.streamId));
    this.talk = chat(this.room, stream.host);
    const well = health();
    this.#stop.push(this.talk.close, well.close);
    fill(
      this.root,
      h(
        "div",
        { class: "watch" },
        h(
          "div",
          { class: "show" },
          well.element,
          this.view,
          h(
            "div",
            { class: "headline" },
            avatar(stream.host),
            h("div", {}, words(stream.title, "h1"), h("p", { class: "quiet" }, words(stream.host.username))),
            h("p", { class: "audience" }, icon("eye"), this.viewers),
          ),
          tipping(stream),
        ),
        this.talk.element,
      ),
    );
    this.root.querySelector("h1").tabIndex = -1;
    this.#count(stream.viewerCount);
    this.#look();
  }

  #picture(stream) {
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    this.video.play().catch(() => {}); // Left before it began.
    const seen = () => {
      this.#hasPicture = true;
      this.#look();
    };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(seen);
    else this.video.addEventListener("playing", seen, { once: true });
  }

  #look() {
    const isLive = this.stream.state === "live";
    const isSeen = this.#hasPicture && this.#receiver?.isConnected;
    this.badge.className = isLive ? "badge live" : "badge";
    this.badge.textContent = isLive ? "Live" : "Paused";
    this.view.classList.toggle("empty-stage", !isSeen);
    let said = this.#isLate ? "The host sends no picture right now. Chat and tips work." : "Waiting for the host's picture…";
    if (!isLive) said = this.stream.reason === "host_lost" ? "The host was lost. Waiting for them…" : "The host has paused.";
    if (isLive && isSeen) said = "";
    if (this.waiting.textContent !== said) this.waiting.textContent = said;
  }

  #count(viewers) {
    const said = count(viewers, "viewer");
    if (this.viewers.textContent !== said) this.viewers.textContent = said;
  }
}

/** Giving tokens to the host. */
function tipping(stream) {
  const more = h("button", { class: "plain link", type: "button", hidden: true, on: { click: showTokens } }, "Buy tokens");
  const form = h(
    "form",
    { class: "tipping", "aria-label": "Tip" },
    h(
      "div",
      { class: "row" },
      h("div", { class: "pills", role: "group", "aria-label": "Amounts" }, AMOUNTS.map((amount) => h("button", { class: "chip", type: "button", on: { click: () => choose(amount) } }, number(amount)))),
      field("amount", "Tokens", { type: "number", min: 1, step: 1, inputmode: "numeric", value: AMOUNTS[0] }),
      h("button", { class: "main", type: "submit" }, icon("token"), "Tip"),
    ),
    problem(),
    more,
  );
  const choose = (amount) => {
    form.elements.amount.value = amount;
  };
  // Kept until somebody has answered: what is sent again is not paid twice.
  let pending = null;
  onSubmit(form, async ({ amount }) => {
    const tokens = Number(amount);
    if (!Number.isInteger(tokens) || tokens < 1) throw new BadField("amount", "Give a whole number, 1 or more.");
    if (pending?.tokens !== tokens) pending = { tokens, key: unique() };
    more.hidden = true;
    const body = { recipientId: stream.host.id, amount: tokens, context: "stream", contextId: stream.streamId };
    try {
      const { newBalance } = await post("/wallet/tip", body, { key: pending.key });
      pending = null;
      const { wallet } = session;
      if (wallet) session.setWallet({ ...wallet, balance: newBalance, available: newBalance - wallet.held });
    } catch (error) {
      if (error instanceof Refusal && error.status) pending = null;
      more.hidden = error.status !== 402;
      throw error;
    }
  });
  return form;
}
