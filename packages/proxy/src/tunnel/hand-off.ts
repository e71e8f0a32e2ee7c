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

/** The user of a hand-off, which has chosen the peer and chooses another when the process does not take the connection. */
export interface HandOffUser {
  /** The peer's process does not take the connection; the client has not been answered, and another peer may be chosen. */
  onHandOffRefused(): void;
  /** The hand-off failed. @param answerable false when the process may have begun to answer the client */
  onHandOffFailed(error: ProxyError, peer: Peer, answerable: boolean): void;
}

/** The target for a hand-off to this peer; undefined when its process takes none, or when we have to add fields to the 101. */
export function handOffTarget(
  { options: { handOff } }: Peer,
  location: Location,
  { upstream }: UpstreamGroup,
): HandOffTarget | undefined {
  const isOwn = location.options.addedFields === undefined && upstream.sticky === undefined;
  return isOwn && handOff?.available === true ? handOff : undefined;
}

/** A connection that is handed off, with its request. */
export interface GivenConnection {
  readonly socket: Socket;
  /** The counters of the connection's listener. */
  readonly counts: ListenerCounts;
  /** The WebSocket opens a session; false when it upgrades a session that began by polling. */
  readonly isOwnSession: boolean;
  readonly timeouts: PeerTimeouts;
  /** Stops reading. @returns the bytes that followed the request, a byte string */
  stop(): string;
  /** The process has the connection: releases the socket. @returns true when `onHandOffEnded` is to be called */
  onHandedOff(): boolean;
  /** The connection has ended. @param end undefined when its process could not report */
  onHandOffEnded(end: HandOffEnd | undefined): void;
}

/** The parts of a hand-off that are needed only until the peer's process has the connection. */
interface Waiting {
  readonly connection: GivenConnection;
  readonly user: HandOffUser;
  readonly deadline: Deadline;
}

/**
 * A WebSocket whose connection is given to the process of its peer: from then on none of its bytes passes this process. The
 * peer stays acquired until its process reports the end. The request is kept only if a log needs it at the end.
 *
 * An unread copy of the socket stays here: when the process hangs, only this copy can close the connection.
 */
export class HandOff implements HandOffListener, Evictable {
  readonly #peer: Peer;
  readonly #all: HandOffs;
  #placeAtPeer: Place<Evictable> | undefined;
  readonly #counts: ListenerCounts;
  #place: Place<HandOff> | undefined;
  #given: HandedOff | undefined;
  #waiting: Waiting | undefined;
  /** Once the process has the connection: the request to notify of the end, or true when none has to be notified. */
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

  /** @returns undefined when the hand-off was not waiting for the process */
  #stopWaiting(): Waiting | undefined {
    const waiting = this.#waiting;
    waiting?.deadline.close();
    this.#waiting = undefined;
    return waiting;
  }

  /** The peer's process neither has the connection nor is being offered it. */
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
      // The process may have begun to answer: a second response would corrupt the first.
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

  /** The process does not react in time: the client gets the error of a connect timeout. */
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

  /** Asks the process to close the connection; `onEnded` is called when it has. */
  destroy(): void {
    this.#given?.destroy();
  }
}
