import type { Peer } from '../peer.js';
import type { PickRequest, Policy } from './policy.js';
import type { RoundRobin } from './round-robin.js';
import { peerAt, totalWeight } from './weights.js';

const TRIES = 20;

/**
 * nginx's `random`: a random peer, in proportion to the weights; round robin chooses when 21 draws found no available peer.
 * With `two`, the better of two different peers: that with fewer active requests in proportion to its weight.
 */
export class Random implements Policy {
  readonly #two: boolean;
  readonly #fallback: RoundRobin;
  readonly #draw: () => number;

  /** @param draw a random number, 0 <= n < 1 */
  constructor(two: boolean, fallback: RoundRobin, draw: () => number = Math.random) {
    this.#two = two;
    this.#fallback = fallback;
    this.#draw = draw;
  }

  pick(request: PickRequest, candidates: readonly Peer[]): Peer | undefined {
    if (candidates.length < 2) return this.#fallback.pick(request, candidates);
    const total = totalWeight(candidates);
    let first: Peer | undefined;
    for (let tries = 0; tries <= TRIES; tries++) {
      const peer = peerAt(candidates, Math.floor(this.#draw() * total));
      if (peer?.available !== true || peer === first || request.tried.has(peer)) continue;
      if (!this.#two) return peer;
      if (first === undefined) first = peer;
      else return peer.load * first.options.weight > first.load * peer.options.weight ? first : peer;
    }
    return this.#fallback.pick(request, candidates);
  }
}
