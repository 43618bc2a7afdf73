/** The Teezu API over HTTP. */

import { session } from "./session.js";

const BASE = document.documentElement.dataset.api;
const PATIENCE = 15_000;

/** A request that was refused, or that nobody answered. Its message is for people. */
export class Refusal extends Error {
  /**
   * @param {{statusCode?: number, code: string, message: string, details?: {field: string, message: string}[]}} told
   * @param {number | null} [retryAfter] Seconds.
   */
  constructor(told, retryAfter = null) {
    super(sentence(told, retryAfter));
    this.status = told.statusCode ?? 0;
    this.code = told.code;
    this.details = told.details ?? [];
  }
}

export const SILENCE = { code: "NO_ANSWER", message: "The server did not answer. Check the connection and try again" };

const WORDS = {
  INSUFFICIENT_FUNDS: "You do not have enough tokens for this",
  STREAM_NOT_LIVE: "This stream is not on right now",
  LEASE_HELD: "You are sending this stream from another window",
};

function sentence({ code, message }, retryAfter) {
  const said = WORDS[code] ?? message;
  const wait = code === "RATE_LIMITED" && retryAfter ? ` Try again in ${retryAfter} s.` : "";
  return said.charAt(0).toUpperCase() + said.slice(1).replace(/\.$/, "") + "." + wait;
}

/**
 * Ask for something.
 * @param {string} method
 * @param {string} path Below the API's root.
 * @param {object} [body]
 * @param {{key?: string}} [more] `key`: an idempotency key.
 * @throws {Refusal}
 */
export async function ask(method, path, body, { key } = {}) {
  const headers = {};
  if (session.token) headers.Authorization = `Bearer ${session.token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const asked = session.token;
  let response, told;
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      // The session is this tab's own; the browser's cookie may be another tab's.
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const text = await response.text();
    told = text ? JSON.parse(text) : null;
  } catch {
    throw new Refusal(SILENCE);
  }
  if (response.ok) return told;
  if (response.status === 401 && asked && asked === session.token) session.end("Your session is over. Sign in again.");
  throw new Refusal(told ?? SILENCE, Number(response.headers.get("Retry-After")) || null);
}

export const get = (path) => ask("GET", path);
export const post = (path, body, more) => ask("POST", path, body, more);
export const patch = (path, body) => ask("PATCH", path, body);
