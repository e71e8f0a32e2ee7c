import type { Peer } from '../peer.js';

/**
 * The state of one smooth weighted round robin: per peer, the weight gained and not yet paid. Each policy object has its
 * own, so that kinds of requests are distributed independently.
 */
export class SmoothWeights {
  /** By `Peer.index`. */
  readonly #current: number[] = [];

  of(peer: Peer): number {
    return this.#current[peer.index] ?? 0;
  }

  /**
   * The peer gains its effective weight, which then grows back by one where failures have lowered it.
   *
   * @returns the weight gained
   */
  gain(peer: Peer): number {
    const weight = peer.effectiveWeight;
    this.#current[peer.index] = this.of(peer) + weight;
    if (weight < peer.options.weight) peer.effectiveWeight++;
    return weight;
  }

  pay(peer: Peer, total: number): void {
    this.#current[peer.index] = this.of(peer) - total;
  }
}

/** The sum of the weights of all peers, available or not. */
export function totalWeight(peers: readonly Peer[]): number {
  let total = 0;
  for (const peer of peers) total += peer.options.weight;
  return total;
}

/** The peer at a point of the range in which each peer takes as much room as its weight. @param point 0 <= point < total */
export function peerAt(peers: readonly Peer[], point: number): Peer | undefined {
  let left = point;
  for (const peer of peers) {
    left -= peer.options.weight;
    if (left < 0) return peer;
  }
  return undefined;
}
