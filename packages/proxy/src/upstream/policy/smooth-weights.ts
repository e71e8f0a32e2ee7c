import type { Peer } from '../peer.js';

/**
 * Where a smooth weighted round robin stands: per peer what it has gained and not yet paid. Whoever deals one kind of
 * request has one of its own.
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
