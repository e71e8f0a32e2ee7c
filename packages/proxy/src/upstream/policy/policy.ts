import type { Facts } from '../../facts.js';
import type { Peer } from '../peer.js';

/** Peers that were tried for a request. Allocates nothing before the second peer is added. */
export class Tried {
  #first: Peer | undefined = undefined;
  #others: Peer[] | undefined = undefined;

  add(peer: Peer): void {
    if (this.has(peer)) return;
    if (this.#first === undefined) this.#first = peer;
    else if (this.#others === undefined) this.#others = [peer];
    else this.#others.push(peer);
  }

  get size(): number {
    if (this.#first === undefined) return 0;
    return this.#others === undefined ? 1 : 1 + this.#others.length;
  }

  has(peer: Peer): boolean {
    return this.#first === peer || (this.#others !== undefined && this.#others.includes(peer));
  }
}

/** What a policy sees of a request. */
export interface PickRequest {
  readonly clientAddress: string;
  /**
   * The request opens a session: an Engine.IO polling handshake, or a WebSocket upgrade without a sid, which needs no pin.
   * undefined for all other requests.
   */
  readonly opens: 'polling' | 'websocket' | undefined;
  readonly tried: Tried;
  /** Used only by policies that choose by a configured value (`hashKey`). */
  readonly facts: () => Facts;
}

/** How one of several peers is chosen. */
export interface Policy {
  /**
   * One pass over the candidates, no allocation.
   *
   * @param candidates the peers of the upstream, in its order; some may be unusable or tried
   * @returns a peer that is available and was not tried, or undefined when there is none
   */
  pick(request: PickRequest, candidates: readonly Peer[]): Peer | undefined;
  /** A candidate was chosen because the request names it. A policy whose next pick depends on the last records it. */
  chosen?(peer: Peer, request: PickRequest, candidates: readonly Peer[]): void;
}
