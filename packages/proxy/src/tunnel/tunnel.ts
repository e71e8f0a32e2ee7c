import type { Place } from '@pinwheel/roster';
import { Deadline } from '../net/deadline.js';
import type { Link } from '../upstream/link/link.js';
import type { PeerTimeouts } from '../route/location.js';
import type { Peer } from '../upstream/peer.js';
import { HANDSHAKE_LENGTH, handshakeSid } from '../upstream/affinity/engine-io.js';
import type { UpstreamGroup } from '../upstream/upstream-group.js';
import type { ReadBuffer, Wire, WireReader } from '../net/wire.js';

/** The far end of a tunnel, and what is known of it at its opening. */
export interface FarEnd {
  readonly link: Link;
  /** Acquired; the tunnel releases it. */
  readonly peer: Peer;
  readonly group: UpstreamGroup;
  /** The WebSocket opens an Engine.IO session: its first frame names the sid. */
  readonly opensSession: boolean;
  readonly timeouts: PeerTimeouts;
  /** When one side has ended the other may go on for a while; else it ends as well (nginx). */
  readonly halfOpen: boolean;
}

/** What a tunnel connects. */
export interface TunnelEnds extends FarEnd {
  readonly client: Wire;
  /** Beginning of what the peer sent behind its 101. */
  readonly first: string;
  /** Told when the tunnel is over. */
  readonly onEnd: () => void;
}

/** @param first see `TunnelEnds.first` */
export function tunnelEnds(client: Wire, far: FarEnd, first: string, onEnd: () => void): TunnelEnds {
  // Spread, every object would have a shape of its own, and each access to it be a search (V8).
  const { link, peer, group, opensSession, timeouts, halfOpen } = far;
  return { client, link, peer, group, opensSession, timeouts, halfOpen, first, onEnd };
}

/** Milliseconds that one side may go on after the other has ended. */
const HALF_OPEN = 10_000;

/** Bytes both ways between a client and a peer after a 101 (RFC 9110 7.8), until either end closes or both are silent. */
export class Tunnel {
  readonly #ends: TunnelEnds;
  readonly #deadline: Deadline;
  readonly #onEnded: (tunnel: Tunnel) => void;
  /** The sid of the session that the tunnel opens has not been found. */
  learning: boolean;
  /** What the peer has said, while `learning`. */
  #handshake = '';
  #halfOpen = false;
  /** Both connections are closed or about to be. */
  ended = false;
  /** Among all tunnels. */
  place: Place<Tunnel> | undefined;

  /**
   * @param early what the client sent behind its request
   * @param onEnded called once, when both connections are closed or about to be
   */
  constructor(ends: TunnelEnds, early: string, onEnded: (tunnel: Tunnel) => void) {
    this.#ends = ends;
    this.#onEnded = onEnded;
    this.learning = ends.opensSession;
    this.#deadline = new Deadline(() => this.destroy());
    const peerWire = ends.link.handOver();
    ends.client.reader = new Flow(this, ends.client, peerWire, false);
    peerWire.reader = new Flow(this, peerWire, ends.client, true);
    if (ends.first !== '' && this.learning) this.learn(ends.first);
    if (early !== '') {
      peerWire.put(early);
      peerWire.flush();
    }
    // Either may have been paused, or have ended, while it spoke HTTP.
    ends.client.resume();
    peerWire.resume();
    this.touch();
    if (peerWire.socket.readableEnded) this.onSideEnd(ends.client);
    if (ends.client.destroyed || peerWire.destroyed) this.destroy();
  }

  /** A byte moved: the read timeout begins anew (nginx: `proxy_read_timeout`). */
  touch(): void {
    if (!this.#halfOpen) this.#deadline.set(this.#ends.timeouts.read);
  }

  /** Bytes a side has sent that the other has not taken: then the time for a write runs (nginx: `proxy_send_timeout`). */
  onCongested(): void {
    if (!this.#halfOpen) this.#deadline.set(this.#ends.timeouts.upstreamSend);
  }

  /** Looks for the sid in the peer's first bytes, which may come in pieces. */
  learn(text: string): void {
    this.#handshake += text;
    const sid = handshakeSid(this.#handshake);
    this.learning = sid === undefined && this.#handshake.length < HANDSHAKE_LENGTH;
    if (!this.learning) this.#handshake = '';
    if (sid !== undefined) this.#ends.group.upstream.affinity.learn(sid, this.#ends.peer);
  }

  /** One side has ended: the other is told, and may have a while to end as well. */
  onSideEnd(other: Wire): void {
    if (this.#halfOpen || !this.#ends.halfOpen) {
      // What is still on its way has as long to arrive.
      this.#ends.client.endWithin(HALF_OPEN);
      this.#ends.link.wire.endWithin(HALF_OPEN);
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
    this.#ends.client.destroy();
    this.#ends.link.wire.destroy();
    this.#finish();
  }

  #finish(): void {
    if (this.ended) return;
    this.ended = true;
    this.#deadline.close();
    this.#ends.peer.release(true);
    this.#ends.onEnd();
    this.#onEnded(this);
  }
}

/** One direction of a tunnel: reads from one wire and writes to the other, no faster than that one takes. */
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

  /** This side has taken what was written to it: the other may send on. */
  onDrain(): void {
    this.#to.resume();
    this.#tunnel.touch();
  }

  onClose(): void {
    this.#tunnel.onSideClosed(this.#to);
  }
}
