/** The connection over which everything is told at once. See docs/realtime.md. */

import { Refusal, SILENCE } from "./api.js";
import { session } from "./session.js";
import { io } from "./vendor/socket.io.esm.min.js";

const PATIENCE = 10_000;
const REMEMBERED = 1_000;

class Connection extends EventTarget {
  #socket = null;
  #cursors = new Map();
  #rooms = new Map();
  #seen = new Set();
  #own = null;
  #again;
  /** Whether it is up and said who we are. */
  isReady = false;

  /** Begin to connect as whoever is signed in. */
  open() {
    this.close();
    this.#socket = io({
      transports: ["websocket"],
      forceNew: true,
      reconnectionDelayMax: 5000,
      auth: (send) => send({ token: session.token, cursor: this.#cursors.get(this.#own) }),
    });
    this.#socket.on("ready", (told) => this.#ready(told));
    this.#socket.on("connect_error", (error) => this.#failed(error));
    this.#socket.on("disconnect", (reason) => this.#lost(reason));
    this.#socket.onAny((name, told) => this.#told(name, told));
  }

  /** Let it go. */
  close() {
    clearTimeout(this.#again);
    this.#socket?.disconnect();
    this.#socket = null;
    this.#cursors.clear();
    this.#rooms.clear();
    this.#seen.clear();
    this.#own = null;
    this.#state(false);
  }

  /**
   * Ask for something.
   * @throws {Refusal}
   */
  async ask(name, fields) {
    if (!this.#socket) throw new Refusal(SILENCE);
    let answer;
    try {
      answer = await this.#socket.timeout(PATIENCE).emitWithAck(name, fields);
    } catch {
      throw new Refusal(SILENCE);
    }
    if (!answer.ok) throw new Refusal(answer.error, answer.retryAfter);
    return answer.data;
  }

  /**
   * Enter a room and come back to it after each loss of the connection, until `leave`.
   * @param {string} room
   * @param {(joined: object) => void} [back] Told what the room is like each time we are back in it.
   * @throws {Refusal} We may not be in there.
   */
  async enter(room, back) {
    const joined = await this.#join(room);
    this.#rooms.set(room, back);
    return joined;
  }

  leave(room) {
    if (this.#rooms.delete(room)) this.ask("leave_room", { room }).catch(() => {});
    this.#cursors.delete(room);
  }

  /**
   * Hear what is told in a room, or everywhere when it is null, until the function that this returns is called;
   * `joined` too, each time we are in it (anew): whether that told us all we had missed.
   * @param {string | null} room
   * @param {Record<string, (told: object) => void>} handlers By event.
   */
  on(room, handlers) {
    const listener = ({ detail: { name, told } }) => {
      if (room === null || told.room === room) handlers[name]?.(told);
    };
    this.addEventListener("told", listener);
    return () => this.removeEventListener("told", listener);
  }

  async #join(room) {
    const cursor = this.#cursors.get(room);
    const joined = await this.ask("join_room", { room, cursor });
    if (joined.cursor) this.#cursors.set(room, joined.cursor);
    const told = { room, isWhole: Boolean(cursor) && !joined.gap };
    this.dispatchEvent(new CustomEvent("told", { detail: { name: "joined", told } }));
    return joined;
  }

  async #ready(told) {
    this.#own = told.room;
    if (told.cursor) this.#cursors.set(told.room, told.cursor);
    this.#state(true);
    for (const [room, back] of this.#rooms) {
      try {
        const joined = await this.#join(room);
        back?.(joined);
      } catch (error) {
        if (error.code === "INVALID_CURSOR") this.#cursors.delete(room);
        if (error.status && error.code !== "INVALID_CURSOR") this.#putOut({ room, code: error.code, message: error.message });
      }
    }
  }

  #told(name, told) {
    if (told?.cursor && told.room) this.#cursors.set(told.room, told.cursor);
    if (name === "ready") return;
    if (name === "put_out") return this.#putOut(told);
    if (told?.id) {
      // After a server was killed something may come again.
      if (this.#seen.has(told.id)) return;
      this.#seen.add(told.id);
      if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value);
    }
    if (name === "wallet") session.setWallet(told);
    this.dispatchEvent(new CustomEvent("told", { detail: { name, told: told ?? {} } }));
  }

  #putOut(told) {
    if (told.room) {
      this.#rooms.delete(told.room);
      this.#cursors.delete(told.room);
      this.dispatchEvent(new CustomEvent("told", { detail: { name: "put_out", told } }));
    } else if (told.code === "SESSION_ENDED") {
      session.end("Your session is over. Sign in again.");
    }
  }

  #failed(error) {
    this.#state(false);
    if (!error.data) return; // The client tries again by itself.
    if (error.data.statusCode === 401) session.end("Your session is over. Sign in again.");
    else this.#retry();
  }

  #lost(reason) {
    this.#state(false);
    if (reason === "io server disconnect") this.#retry();
  }

  /** The client does not come back by itself to a server that sent it away. */
  #retry() {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => session.token && this.#socket?.connect(), 1000 + Math.random() * 2000);
  }

  #state(isReady) {
    if (this.isReady === isReady) return;
    this.isReady = isReady;
    this.dispatchEvent(new Event("state"));
  }
}

export const connection = new Connection();
