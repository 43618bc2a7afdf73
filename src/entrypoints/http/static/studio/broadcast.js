/** One's own stream. It goes on while one looks at other parts of the page; there is one at a time. */

import { get, patch, post } from "./api.js";
import { every } from "./clock.js";
import { connection } from "./connection.js";
import { Sender } from "./rtc.js";
import { session } from "./session.js";

const BEAT = 5000;

class Broadcast extends EventTarget {
  /** @type {{id: string, title: string, isPremium: boolean, tokenPrice: number, room: string} | null} */
  stream = null;
  /** `live`, `frozen` or `ended`. */
  state = "ended";
  viewers = 0;
  /** Tokens that came in since this page sends it. */
  earned = 0;
  since = 0;
  #source = null;
  #sender = null;
  #stop = [];

  get source() {
    return this.#source;
  }

  get isOn() {
    return this.stream !== null;
  }

  get reached() {
    return this.#sender?.reached ?? 0;
  }

  /**
   * Begin a new stream.
   * @throws {Refusal}
   */
  async start({ title, isPremium, tokenPrice }, source) {
    const made = await post("/streams", { title, isPremium, tokenPrice });
    await this.#send({ id: made.streamId, title, isPremium, tokenPrice, room: made.socketRoom }, made.iceServers, source);
    await this.#move("live");
  }

  /**
   * Go on with one that is on already, and send it from here.
   * @throws {Refusal}
   */
  async takeOver(stream, source) {
    const joined = await post(`/streams/${stream.streamId}/join`);
    const { streamId: id, title, isPremium, tokenPrice } = stream;
    await this.#send({ id, title, isPremium, tokenPrice, room: joined.socketRoom }, joined.iceServers, source);
    this.viewers = stream.viewerCount;
    // Whoever makes it live sends it.
    if (joined.state === "live") await this.#move("frozen");
    await this.#move("live");
  }

  /** Send another picture. */
  async change(source) {
    this.#source?.stop();
    this.#source = source;
    await this.#sender?.replace(source.stream);
    this.#changed();
  }

  /** @throws {Refusal} */
  pause = () => this.#move("frozen");

  /** @throws {Refusal} */
  resume = () => this.#move("live");

  /**
   * End it.
   * @throws {Refusal}
   */
  async end() {
    // A host's stream ends from live only.
    if (this.state === "frozen") await this.#move("live");
    await this.#move("ended");
    this.#close();
  }

  /** End it if it is on, whatever comes of that. */
  async abandon() {
    if (!this.isOn) return;
    await this.end().catch(() => {});
    this.#close();
  }

  async #send(stream, iceServers, source) {
    this.#close();
    this.stream = stream;
    this.#source = source;
    this.earned = 0;
    this.viewers = 0;
    this.since = Date.now();
    this.#sender = new Sender(stream.room, iceServers, source.stream);
    this.#sender.addEventListener("change", () => this.#changed());
    this.#stop.push(
      connection.on(stream.room, {
        viewer_count: ({ viewerCount }) => this.#set({ viewers: viewerCount }),
        tip: ({ amount }) => this.#set({ earned: this.earned + amount }),
        stream_state: ({ state }) => (state === "ended" ? this.#close() : this.#set({ state })),
        put_out: ({ code }) => code === "STREAM_ENDED" && this.#close(),
      }),
      every(BEAT, () => this.#beat()),
    );
    try {
      await connection.enter(stream.room, (joined) => this.#set({ viewers: joined.stream.viewerCount }));
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  async #move(state) {
    const told = await patch(`/streams/${this.stream.id}/state`, { state });
    this.#set({ state: told.state });
  }

  async #beat() {
    if (this.state !== "live" && this.state !== "frozen") return;
    const { id, room } = this.stream;
    try {
      const { state } = connection.isReady
        ? await connection.ask("heartbeat", { room })
        : await post(`/streams/${id}/heartbeat`);
      if (this.stream?.id === id) this.#set({ state });
    } catch (error) {
      if (this.stream?.id !== id || !error.status) return;
      if (["LEASE_HELD", "STREAM_NOT_LIVE", "NOT_FOUND"].includes(error.code)) {
        this.#close();
        this.dispatchEvent(new CustomEvent("lost", { detail: error.message }));
      }
    }
  }

  #set(values) {
    Object.assign(this, values);
    this.#changed();
  }

  #close() {
    this.#stop.splice(0).forEach((stop) => stop());
    this.#sender?.close();
    this.#sender = null;
    this.#source?.stop();
    this.#source = null;
    if (this.stream) connection.leave(this.stream.room);
    this.stream = null;
    this.state = "ended";
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

export const broadcast = new Broadcast();

/** One's own streams that are on. */
export async function onAir() {
  const host = encodeURIComponent(session.user.id);
  const lists = await Promise.all(["live", "frozen"].map((state) => get(`/streams?state=${state}&host=${host}&limit=100`)));
  return lists.flatMap(({ streams }) => streams);
}
