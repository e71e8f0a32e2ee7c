import { Deadline } from '../net/deadline.js';
import type { Link } from '../upstream/link/link.js';
import type { PeerTimeouts } from '../route/location.js';
import type { Peer } from '../upstream/peer.js';
import { HANDSHAKE_LENGTH, handshakeSid } from '../upstream/affinity/engine-io.js';
import type { UpstreamGroup } from '../upstream/upstream-group.js';
import type { ReadBuffer, Wire, WireReader } from '../net/wire.js';

/** The peer's side of a tunnel. */
export interface FarEnd {
  readonly link: Link;
  /** Has been acquired; the tunnel releases it. */
  readonly peer: Peer;
  readonly group: UpstreamGroup;
  /** The WebSocket opens an Engine.IO session: its first frame names the sid. */
  readonly opensSession: boolean;
  readonly timeouts: PeerTimeouts;
  /** When one side ends its stream the other may go on for a while; otherwise both end (nginx). */
  readonly halfOpen: boolean;
}

/** Milliseconds for which one side may go on after the other has ended. */
const HALF_OPEN = 10_000;

/** Relays bytes between a client and a peer after a 101 (RFC 9110 7.8), until one side closes or both are silent. */
export class Tunnel {
  readonly #client: Wire;
  readonly #peerWire: Wire;
  readonly #far: FarEnd;
  readonly #deadline: Deadline;
  readonly #onEnded: () => void;
  /** The tunnel opens a session whose sid has not been found yet. */
  learning: boolean;
  /** The peer's first bytes, while `learning`. */
  #handshake = '';
  #halfOpen = false;
  /** Both connections are closed or about to be. */
  ended = false;

  /** @param onEnded called once, when both connections are closed or about to be */
  constructor(client: Wire, far: FarEnd, onEnded: () => void) {
    this.#client = client;
    this.#peerWire = far.link.wire;
    this.#far = far;
    this.#onEnded = onEnded;
    this.learning = far.opensSession;
    this.#deadline = new Deadline(() => this.destroy());
  }

  /**
   * Starts relaying.
   *
   * @param first the first bytes that followed the peer's 101
   * @param early the bytes that followed the client's request
   */
  start(first: string, early: string): void {
    const client = this.#client;
    const peerWire = this.#far.link.handOver();
    client.reader = new Flow(this, client, peerWire, false);
    peerWire.reader = new Flow(this, peerWire, client, true);
    if (first !== '' && this.learning) this.learn(first);
    if (early !== '') {
      peerWire.put(early);
      peerWire.flush();
    }
    // Either side may have been paused, or have ended, as an HTTP connection.
    client.resume();
    peerWire.resume();
    this.touch();
    if (peerWire.socket.readableEnded) this.onSideEnd(client);
    if (client.destroyed || peerWire.destroyed) this.destroy();
  }

  /** A byte moved: the read timeout starts again (nginx: `proxy_read_timeout`). */
  touch(): void {
    if (!this.#halfOpen) this.#deadline.set(this.#far.timeouts.read);
  }

  /** One side does not keep up: the time for a write runs (nginx: `proxy_send_timeout`). */
  onCongested(): void {
    if (!this.#halfOpen) this.#deadline.set(this.#far.timeouts.upstreamSend);
  }

  /** Searches the peer's first bytes, which may come in pieces, for the sid. */
  learn(text: string): void {
    this.#handshake += text;
    const sid = handshakeSid(this.#handshake);
    this.learning = sid === undefined && this.#handshake.length < HANDSHAKE_LENGTH;
    if (!this.learning) this.#handshake = '';
    if (sid !== undefined) this.#far.group.upstream.affinity.learn(sid, this.#far.peer);
  }

  /** One side has ended its stream: the end is passed to the other side, which may go on for a while. */
  onSideEnd(other: Wire): void {
    if (this.#halfOpen || !this.#far.halfOpen) {
      // Bytes in flight get the same time to arrive.
      this.#client.endWithin(HALF_OPEN);
      this.#peerWire.endWithin(HALF_OPEN);
      this.#finish();
      return;
    }
    other.end();
    this.#halfOpen = true;
    this.#deadline.set(HALF_OPEN);
  }

  onSideClosed(other: Wire): void {
    other.endWithin(HALF_OPEN);
    this.#finish();
  }

  /** Closes both sides at once. */
  destroy(): void {
    this.#client.destroy();
    this.#peerWire.destroy();
    this.#finish();
  }

  #finish(): void {
    if (this.ended) return;
    this.ended = true;
    this.#deadline.close();
    this.#far.peer.release(true);
    this.#onEnded();
  }
}

/** One direction of a tunnel: reads from one wire and writes to the other, at the pace of the slower one. */
class Flow implements WireReader {
  readonly #tunnel: Tunnel;
  readonly #from: Wire;
  readonly #to: Wire;
  readonly #fromPeer: boolean;

  constructor(tunnel: Tunnel, from: Wire, to: Wire, fromPeer: boolean) {
    this.#tunnel = tunnel;
    this.#from = from;
    this.#to = to;
    this.#fromPeer = fromPeer;
  }

  onBytes(buffer: ReadBuffer, length: number): void {
    if (this.#fromPeer && this.#tunnel.learning) {
      this.#tunnel.learn(buffer.bytes.toString('latin1', 0, Math.min(length, HANDSHAKE_LENGTH)));
    }
    this.#to.putFrom(buffer, 0, length);
    this.#to.flush();
    if (this.#to.congested) {
      this.#from.pause();
      this.#tunnel.onCongested();
    } else {
      this.#tunnel.touch();
    }
  }

  onEnd(): void {
    this.#tunnel.onSideEnd(this.#to);
  }

  /** This side has taken what was written to it: reading of the other side resumes. */
  onDrain(): void {
    this.#to.resume();
    this.#tunnel.touch();
  }

  onClose(): void {
    this.#tunnel.onSideClosed(this.#to);
  }
}
