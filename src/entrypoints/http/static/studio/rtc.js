/** Pictures from browser to browser: the server only passes on what lets the two find each other. */

import { connection } from "./connection.js";

const ANSWER_WITHIN = 6000;
const LONGEST_WAIT = 15_000;

/** Candidates may come before the description they belong to. */
class Candidates {
  #waiting = [];
  #open = false;

  constructor(peer) {
    this.peer = peer;
  }

  take(candidate) {
    if (this.#open) add(this.peer, candidate);
    else this.#waiting.push(candidate);
  }

  release() {
    this.#open = true;
    this.#waiting.splice(0).forEach((candidate) => add(this.peer, candidate));
  }
}

function add(peer, candidate) {
  // One of a connection that is no more is of no use, and does no harm.
  peer.addIceCandidate(candidate ?? undefined).catch(() => {});
}

function signal(name, fields) {
  return connection.ask(name, fields).catch(() => {}); // Who is not there any more needs no signal.
}

/** The host's end: one connection to each viewer's page. */
export class Sender extends EventTarget {
  #peers = new Map();
  #off;

  /**
   * @param {string} room
   * @param {RTCIceServer[]} iceServers
   * @param {MediaStream} stream
   */
  constructor(room, iceServers, stream) {
    super();
    this.room = room;
    this.iceServers = iceServers;
    this.stream = stream;
    this.#off = connection.on(room, {
      webrtc_offer: ({ from, description }) => this.#answer(from, description),
      webrtc_ice: ({ from, candidate }) => this.#peers.get(from)?.candidates.take(candidate),
      peer_left: ({ peerId }) => this.#drop(peerId),
    });
  }

  /** How many pages get the picture. */
  get reached() {
    return [...this.#peers.values()].filter(({ peer }) => peer.connectionState === "connected").length;
  }

  /** Send another picture over the connections there are. */
  async replace(stream) {
    this.stream = stream;
    const [track] = stream.getVideoTracks();
    await Promise.all([...this.#peers.values()].map(({ video }) => video?.replaceTrack(track)));
  }

  close() {
    this.#off();
    [...this.#peers.keys()].forEach((from) => this.#drop(from));
  }

  async #answer(from, description) {
    this.#drop(from);
    const peer = new RTCPeerConnection({ iceServers: this.iceServers });
    const held = { peer, candidates: new Candidates(peer), video: null };
    this.#peers.set(from, held);
    peer.onicecandidate = ({ candidate }) =>
      signal("webrtc_ice", { room: this.room, to: from, candidate: candidate?.toJSON() ?? null });
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === "failed" && this.#peers.get(from) === held) this.#drop(from);
      this.#changed();
    };
    try {
      const [track] = this.stream.getVideoTracks();
      held.video = peer.addTrack(track, this.stream);
      await peer.setRemoteDescription(description);
      held.candidates.release();
      await peer.setLocalDescription();
      const { type, sdp } = peer.localDescription;
      await signal("webrtc_answer", { room: this.room, to: from, description: { type, sdp } });
    } catch {
      // What they sent was no offer, or they have gone meanwhile: they may offer again.
      if (this.#peers.get(from) === held) this.#drop(from);
    }
  }

  #drop(from) {
    this.#peers.get(from)?.peer.close();
    if (this.#peers.delete(from)) this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** The viewer's end. It offers, and offers again when nothing comes of it. */
export class Receiver extends EventTarget {
  #peer = null;
  #candidates = null;
  #off;
  #timer;
  #tries = 0;
  #isAsking = false;
  #isWanted = false;
  #isClosed = false;

  /**
   * @param {string} room
   * @param {RTCIceServer[]} iceServers
   */
  constructor(room, iceServers) {
    super();
    this.room = room;
    this.iceServers = iceServers;
    this.#off = connection.on(room, {
      webrtc_answer: ({ description }) => this.#take(description),
      webrtc_ice: ({ candidate }) => this.#candidates?.take(candidate),
      host_joined: () => this.restart(),
    });
  }

  get isConnected() {
    return this.#peer?.connectionState === "connected";
  }

  /** Offer anew, over a new connection; not while an offer is under way, whose answer would be taken for the new one's. */
  restart() {
    if (this.#isAsking) {
      this.#isWanted = true;
      return;
    }
    this.#tries = 0;
    this.#offer();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#off();
    this.#peer?.close();
  }

  async #offer() {
    if (this.#isClosed) return;
    this.#isAsking = true;
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#peer?.close();
    const peer = (this.#peer = new RTCPeerConnection({ iceServers: this.iceServers }));
    this.#candidates = new Candidates(peer);
    peer.addTransceiver("video", { direction: "recvonly" });
    peer.addTransceiver("audio", { direction: "recvonly" });
    peer.ontrack = ({ track, streams: [stream] }) => {
      const detail = stream ?? new MediaStream([track]);
      if (peer === this.#peer) this.dispatchEvent(new CustomEvent("picture", { detail }));
    };
    peer.onicecandidate = ({ candidate }) =>
      signal("webrtc_ice", { room: this.room, candidate: candidate?.toJSON() ?? null });
    peer.onconnectionstatechange = () => {
      if (peer !== this.#peer) return;
      this.dispatchEvent(new Event("change"));
      if (peer.connectionState === "failed") this.#later();
    };
    try {
      await peer.setLocalDescription();
      const { type, sdp } = peer.localDescription;
      await connection.ask("webrtc_offer", { room: this.room, description: { type, sdp } });
      this.#timer = setTimeout(() => this.#later(), ANSWER_WITHIN);
    } catch {
      // The host's page is not there, or we are not in the room: `host_joined` tells when it is.
      this.#later();
    }
  }

  async #take(description) {
    const peer = this.#peer;
    if (!peer || peer.signalingState !== "have-local-offer") return;
    clearTimeout(this.#timer);
    try {
      await peer.setRemoteDescription(description);
      this.#candidates.release();
    } catch {
      this.#later();
      return;
    }
    this.#isAsking = false;
    if (this.#isWanted) this.restart();
  }

  /** Nothing came of it: try again, ever less often. */
  #later() {
    this.#isAsking = false;
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    const wait = this.#isWanted ? 0 : Math.min(1000 * 2 ** this.#tries++, LONGEST_WAIT);
    this.#timer = setTimeout(() => this.#offer(), wait);
  }
}
