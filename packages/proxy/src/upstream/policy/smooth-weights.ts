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
