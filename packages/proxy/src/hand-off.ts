import type { HandOffEnd } from '@pinwheel/protocol';
import { Deadline } from './deadline.js';
import { ProxyError } from './errors.js';
import type { Exchange } from './exchange.js';
import type { HandedOff, HandOffListener, HandOffTarget } from './hand-off-target.js';
import type { RequestHead } from './http1/request-head.js';
import type { Location, PeerTimeouts } from './location.js';
import type { Peer } from './peer.js';
import type { UpstreamGroup } from './upstream-group.js';

/** What a hand-off tells the request that it is for. */
export interface HandOffUser {
  /** The peer's process takes no more: nothing was answered, another peer may be tried. */
  onHandOffRefused(): void;
  /** The process has not taken it in time; the client is still to be answered. */
  onHandOffExpired(peer: Peer): void;
  /** The process is gone: it may have begun to answer, so that the client gets no other answer. */
  onHandOffFailed(error: ProxyError, peer: Peer): void;
}

/**
 * Where the request's connection may be given to: a WebSocket over plain TCP, whose 101 needs nothing of ours, and a peer
 * whose process takes it.
 */
export function handOffTarget(
  { client }: Exchange,
  head: RequestHead,
  location: Location,
  { upstream }: UpstreamGroup,
  peer: Peer,
): HandOffTarget | undefined {
  const { handOff } = peer.options;
  if (handOff === undefined || !head.asksWebSocket || client.tls || !handOff.available) return undefined;
  if (location.options.addedFields !== undefined || upstream.sticky !== undefined) return undefined;
  return client.body.done && client.wire.pending === 0 ? handOff : undefined;
}

/**
 * A WebSocket whose connection is given to its peer's process: no byte of it passes here any more. The peer stays acquired
 * until its process reports the end.
 */
export class HandOff implements HandOffListener {
  readonly #exchange: Exchange;
  readonly #peer: Peer;
  readonly #user: HandOffUser;
  readonly #given: HandedOff;
  readonly #deadline = new Deadline(() => this.#onExpired());
  #taken = false;
  #over = false;

  /**
   * @param peer acquired
   * @param text the request head for the peer
   */
  constructor(
    exchange: Exchange,
    peer: Peer,
    target: HandOffTarget,
    text: string,
    timeouts: PeerTimeouts,
    user: HandOffUser,
  ) {
    this.#exchange = exchange;
    this.#peer = peer;
    this.#user = user;
    const { client, wire } = exchange;
    wire.pause();
    client.deadline.clear();
    this.#deadline.set(timeouts.connect);
    this.#given = target.give(wire.socket, text + client.takeEarly(), timeouts.read, this);
  }

  onTaken(): void {
    if (this.#over) return;
    this.#taken = true;
    this.#deadline.close();
    this.#peer.connected();
    this.#peer.succeeded();
    this.#peer.counts.taken();
    this.#exchange.onHandedOff(this);
  }

  onRefused(): void {
    if (this.#over || this.#taken) return;
    this.#over = true;
    this.#deadline.close();
    this.#peer.release(true);
    this.#user.onHandOffRefused();
  }

  onEnded(end: HandOffEnd | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.close();
    if (this.#taken) {
      this.#peer.counts.handedOff--;
      if (end !== undefined) {
        this.#peer.counts.answered(end.status);
        this.#peer.counts.addBytes(end.bytesReceived, end.bytesSent);
      }
      this.#peer.release(true);
      this.#exchange.onHandOffEnded(this, end);
    } else {
      // The process may have begun to answer: a second answer would be none.
      this.#peer.release(false);
      this.#user.onHandOffFailed(new ProxyError('hand_off_lost'), this.#peer);
    }
  }

  /** A process that is there but asleep, as when a connection to it does not come about. */
  #onExpired(): void {
    this.abort();
    this.#user.onHandOffExpired(this.#peer);
  }

  /** The client is gone, or has waited for too long: whoever takes the connection now finds it closed. */
  abort(): void {
    if (this.#over || this.#taken) return;
    this.#over = true;
    this.#deadline.close();
    this.#given.destroy();
    this.#peer.release(false);
  }

  /** Has the connection closed; `onEnded` comes when it is. */
  destroy(): void {
    this.#given.destroy();
  }
}
