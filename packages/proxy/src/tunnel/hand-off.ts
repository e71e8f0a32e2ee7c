import type { Socket } from 'node:net';
import type { HandOffEnd } from '@pinwheel/protocol';
import type { Place } from '@pinwheel/roster';
import { Deadline } from '../net/deadline.js';
import { ProxyError } from '../errors.js';
import type { HandedOff, HandOffListener, HandOffTarget } from '../options/hand-off-target.js';
import type { ListenerCounts } from '../listen/listener.js';
import type { Location, PeerTimeouts } from '../route/location.js';
import type { Evictable, Peer } from '../upstream/peer.js';
import type { UpstreamGroup } from '../upstream/upstream-group.js';
import type { HandOffs } from './hand-offs.js';
import { UnreadCopy } from '@pinwheel/raw-socket';

/** Who has chosen the peer, and chooses another one when its process does not take the connection. */
export interface HandOffUser {
  /** The peer's process takes no more: nothing was answered, another peer may be tried. */
  onHandOffRefused(): void;
  /** @param answerable the process has not begun to answer; else the client gets no other answer */
  onHandOffFailed(error: ProxyError, peer: Peer, answerable: boolean): void;
}

/** Where a WebSocket to this peer may be given: to a process that takes it, when the 101 needs nothing of ours. */
export function handOffTarget(
  { options: { handOff } }: Peer,
  location: Location,
  { upstream }: UpstreamGroup,
): HandOffTarget | undefined {
  const isOwn = location.options.addedFields === undefined && upstream.sticky === undefined;
  return isOwn && handOff?.available === true ? handOff : undefined;
}

/** The connection that is given away, with its request. */
export interface GivenConnection {
  readonly socket: Socket;
  /** Of the listener that the connection came to. */
  readonly counts: ListenerCounts;
  /** The WebSocket is a session of its own. */
  readonly isOwnSession: boolean;
  readonly timeouts: PeerTimeouts;
  /** Stops reading. @returns what the client sent behind its request, a byte string */
  stop(): string;
  /** Lets go of the socket. @returns whether `onHandOffEnded` is to be called */
  onHandedOff(): boolean;
  /** The connection is over. @param end undefined when its process could not report */
  onHandOffEnded(end: HandOffEnd | undefined): void;
}

/** What is needed only until the peer's process has the connection. */
interface Waiting {
  readonly connection: GivenConnection;
  readonly user: HandOffUser;
  readonly deadline: Deadline;
}

/**
 * A WebSocket whose connection is given to its peer's process: no byte of it passes here any more. The peer stays acquired
 * until its process reports the end. The request is kept only where a log waits for that.
 *
 * A copy of the socket stays here, unread: when the process hangs, only this copy can close the connection.
 */
export class HandOff implements HandOffListener, Evictable {
  readonly #peer: Peer;
  readonly #all: HandOffs;
  #placeAtPeer: Place<Evictable> | undefined;
  readonly #counts: ListenerCounts;
  #place: Place<HandOff> | undefined;
  #given: HandedOff | undefined;
  #waiting: Waiting | undefined;
  /** The request that is notified of the end; true when the process has the connection and no request waits for that. */
  #taken: GivenConnection | boolean = false;
  #copy: UnreadCopy | undefined;

  /** @param peer acquired */
  constructor(all: HandOffs, connection: GivenConnection, peer: Peer, user: HandOffUser) {
    this.#all = all;
    this.#peer = peer;
    this.#counts = connection.counts;
    this.#waiting = { connection, user, deadline: new Deadline(() => this.#onExpired()) };
  }

  /**
   * Offers the connection. The process may refuse at once: then `user` has been notified when this returns.
   *
   * @param text the request head for the peer
   */
  start(target: HandOffTarget, text: string): void {
    const { connection, deadline } = this.#waiting ?? {};
    if (connection === undefined || deadline === undefined) throw new TypeError('a hand-off starts once');
    this.#placeAtPeer = this.#peer.handOffs.join(this);
    deadline.set(connection.timeouts.connect);
    this.#given = target.give(connection.socket, text + connection.stop(), connection.timeouts.read, this);
  }

  /** @returns what it waited with; undefined when it does not wait any more */
  #stopWaiting(): Waiting | undefined {
    const waiting = this.#waiting;
    waiting?.deadline.close();
    this.#waiting = undefined;
    return waiting;
  }

  /** The connection is not with the peer's process, and is not offered to it. */
  get ended(): boolean {
    return this.#waiting === undefined && this.#taken === false;
  }

  onTaken(): void {
    const waiting = this.#stopWaiting();
    if (waiting === undefined) return;
    const { connection } = waiting;
    this.#peer.connected();
    this.#peer.succeeded();
    this.#peer.counts.taken(connection.isOwnSession);
    const { socket } = connection;
    this.#taken = connection.onHandedOff() ? connection : true;
    this.#place = this.#all.join(this);
    this.#copy = UnreadCopy.of(socket);
  }

  onRefused(): void {
    const waiting = this.#stopWaiting();
    if (waiting === undefined) return;
    this.#peer.handOffs.leave(this.#placeAtPeer);
    this.#peer.release(true);
    waiting.user.onHandOffRefused();
  }

  onEnded(end: HandOffEnd | undefined): void {
    const waiting = this.#stopWaiting();
    const taken = this.#taken;
    this.#taken = false;
    this.#peer.handOffs.leave(this.#placeAtPeer);
    this.#copy?.close();
    this.#copy = undefined;
    if (waiting !== undefined) {
      // The process may have begun to answer: a second answer would corrupt the first.
      this.#peer.release(false);
      waiting.user.onHandOffFailed(new ProxyError('hand_off_lost'), this.#peer, false);
    } else if (taken !== false) {
      this.#peer.counts.handedOff--;
      if (end !== undefined) this.#peer.counts.addBytes(end.bytesReceived, end.bytesSent);
      this.#peer.release(true);
      if (taken !== true) taken.onHandOffEnded(end);
      this.#all.leave(this.#place, this.#counts);
    }
  }

  /** The process exists but does not react: to the client, a connection that could not be made in time. */
  #onExpired(): void {
    const { user } = this.#waiting ?? {};
    this.abort();
    user?.onHandOffFailed(new ProxyError('connect_timeout'), this.#peer, true);
  }

  /** Withdraws the offer: a process that takes the connection now finds it closed. */
  abort(): void {
    if (this.#stopWaiting() === undefined) return;
    this.#peer.handOffs.leave(this.#placeAtPeer);
    this.#given?.destroy();
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
    this.#given?.destroy();
  }
}
