import type { HandOffEnd } from '@pinwheel/protocol';
import type { Place } from '@pinwheel/roster';
import type { ClientHost } from '../client/client-host.js';
import { Deadline } from '../net/deadline.js';
import { ProxyError } from '../errors.js';
import type { Exchange } from '../client/exchange.js';
import type { HandedOff, HandOffListener, HandOffTarget } from '../options/hand-off-target.js';
import type { RequestHead } from '../http1/request-head.js';
import type { ListenerCounts } from '../listen/listener-counts.js';
import type { Location, PeerTimeouts } from '../route/location.js';
import type { Evictable, Peer } from '../upstream/peer.js';
import { isOwnSession } from '../upstream/affinity/engine-io.js';
import { UnreadCopy } from '@pinwheel/raw-socket';
import type { UpstreamGroup } from '../upstream/upstream-group.js';

/** What a hand-off tells the request that it is for. */
export interface HandOffUser {
  /** The peer's process takes no more: nothing was answered, another peer may be tried. */
  onHandOffRefused(): void;
  /** @param answerable the process has surely not begun to answer; else the client gets no other answer */
  onHandOffFailed(error: ProxyError, peer: Peer, answerable: boolean): void;
}

/**
 * The process that the request's connection may be handed off to: for a WebSocket over plain TCP whose 101 needs nothing of
 * ours, at a peer whose process takes it. With plain sockets there is none, and the WebSocket is tunnelled.
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
  return client.body.done && client.wire.pending === 0 && !client.wire.readsAhead ? handOff : undefined;
}

/** What is needed only until the peer's process has the connection. */
interface Waiting {
  readonly exchange: Exchange;
  readonly user: HandOffUser;
  readonly deadline: Deadline;
}

/**
 * A WebSocket whose connection is given to its peer's process: no byte of it passes here any more. The peer stays acquired
 * until its process reports the end; what else was known of the connection is let go, unless a log is to be told.
 *
 * A copy of the socket stays here, unread: the end of a connection whose process hangs can be told to the client by nobody
 * else.
 */
export class HandOff implements HandOffListener, Evictable {
  readonly #peer: Peer;
  readonly #host: ClientHost;
  readonly #given: HandedOff;
  readonly #placeAtPeer: Place<Evictable>;
  /** Of the listener that the connection came to. */
  readonly listenerCounts: ListenerCounts;
  /** Among all that are handed off. */
  place: Place<HandOff> | undefined;
  #waiting: Waiting | undefined;
  /** Is told of the end. */
  #taken: Exchange | 'untold' | undefined;
  #copy: UnreadCopy | undefined;

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
    const { client } = exchange;
    const { wire } = client;
    this.#peer = peer;
    this.#placeAtPeer = peer.handOffs.join(this);
    this.listenerCounts = client.listener.counts;
    this.#host = client.host;
    this.#waiting = { exchange, user, deadline: new Deadline(() => this.#onExpired()) };
    wire.pause();
    client.deadline.clear();
    this.#waiting.deadline.set(timeouts.connect);
    this.#given = target.give(wire.socket, text + client.takeEarly(), timeouts.read, this);
  }

  /** It waits no longer. @returns what it waited with; undefined when it had not */
  #leave(): Waiting | undefined {
    const waiting = this.#waiting;
    waiting?.deadline.close();
    this.#waiting = undefined;
    return waiting;
  }

  /** Its connection is not, or no more, with the peer's process. */
  get ended(): boolean {
    return this.#waiting === undefined && this.#taken === undefined;
  }

  onTaken(): void {
    const waiting = this.#leave();
    if (waiting === undefined) return;
    const { exchange } = waiting;
    this.#taken = exchange.location?.onEnd !== undefined ? exchange : 'untold';
    this.#peer.connected();
    this.#peer.succeeded();
    this.#peer.counts.taken(isOwnSession(exchange.head));
    exchange.client.deadline.close();
    this.#copy = new UnreadCopy(exchange.onHandedOff(this));
  }

  onRefused(): void {
    const waiting = this.#leave();
    if (waiting === undefined) return;
    this.#peer.handOffs.leave(this.#placeAtPeer);
    this.#peer.release(true);
    waiting.user.onHandOffRefused();
  }

  onEnded(end: HandOffEnd | undefined): void {
    const waiting = this.#leave();
    const taken = this.#taken;
    this.#taken = undefined;
    this.#peer.handOffs.leave(this.#placeAtPeer);
    this.#copy?.close();
    this.#copy = undefined;
    if (waiting !== undefined) {
      // The process may have begun to answer: a second answer would be none.
      this.#peer.release(false);
      waiting.user.onHandOffFailed(new ProxyError('hand_off_lost'), this.#peer, false);
    } else if (taken !== undefined) {
      this.#peer.counts.handedOff--;
      if (end !== undefined) this.#peer.counts.addBytes(end.bytesReceived, end.bytesSent);
      this.#peer.release(true);
      if (taken !== 'untold') taken.onHandOffEnded(end);
      this.#host.onHandOffEnded(this);
    }
  }

  /** A process that is there but asleep, as when a connection to it does not come about. */
  #onExpired(): void {
    const { user } = this.#waiting ?? {};
    this.abort();
    user?.onHandOffFailed(new ProxyError('connect_timeout'), this.#peer, true);
  }

  /** The client is gone, or has waited for too long: whoever takes the connection now finds it closed. */
  abort(): void {
    if (this.#leave() === undefined) return;
    this.#peer.handOffs.leave(this.#placeAtPeer);
    this.#given.destroy();
    this.#peer.release(false);
  }

  evict(): void {
    if (this.#waiting !== undefined) {
      this.#onExpired();
      return;
    }
    this.destroy();
    this.#copy?.end();
    this.#copy = undefined;
    this.onEnded(undefined);
  }

  /** Has the connection closed; `onEnded` comes when it is. */
  destroy(): void {
    this.#given.destroy();
  }
}
