/**
 * Who is signed in, in this tab alone: so two tabs of one browser can be two people, and the session goes with the tab.
 * It is kept where only this page's own code can read it, and its policy lets no other code in.
 */

const PLACE = "studio.session";

class Session extends EventTarget {
  /** @type {{token: string, id: string, username: string, role: string} | null} */
  #kept = read();
  /** @type {{balance: number, held: number, available: number} | null} */
  wallet = null;
  /** Where to go once signed in. */
  next = "#/";

  get user() {
    return this.#kept;
  }

  get token() {
    return this.#kept?.token ?? null;
  }

  /** Begin: somebody has signed in. */
  begin(token, { id, username, role }) {
    this.#kept = { token, id, username, role };
    sessionStorage.setItem(PLACE, JSON.stringify(this.#kept));
    this.#tell("user");
  }

  /** End it here; `reason` is for people. */
  end(reason = "") {
    if (!this.#kept) return;
    this.#kept = null;
    this.wallet = null;
    sessionStorage.removeItem(PLACE);
    this.dispatchEvent(new CustomEvent("ended", { detail: reason }));
    this.#tell("user");
  }

  /** Take over what the wallet holds now. */
  setWallet(wallet) {
    const before = this.wallet;
    this.wallet = wallet;
    this.dispatchEvent(new CustomEvent("wallet", { detail: { before, wallet } }));
  }

  #tell(what) {
    this.dispatchEvent(new Event(what));
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE));
  } catch {
    return null;
  }
}

export const session = new Session();
