import type { Peer } from '../peer.js';
import type { PickRequest, Policy } from './policy.js';
import { SmoothWeights, totalWeight } from './weights.js';

/**
 * nginx's smooth weighted round robin (`ngx_http_upstream_get_peer`): every available peer gains its weight; the peer with
 * the most is picked and pays the sum. Weights 5, 1, 1 give a a b a c a a. A failure lowers a peer's effective weight,
 * which grows back by one with every pick.
 */
export class RoundRobin implements Policy {
  readonly #weights = new SmoothWeights();

  pick(request: PickRequest, candidates: readonly Peer[]): Peer | undefined {
    let best: Peer | undefined;
    let total = 0;
    for (const peer of candidates) {
      if (!peer.available || request.tried.has(peer)) continue;
      total += this.#weights.gain(peer);
      if (best === undefined || this.#weights.of(peer) > this.#weights.of(best)) best = peer;
    }
    if (best !== undefined) this.#weights.pay(best, total);
    return best;
  }

  /** The peer pays as if it had been picked in turn, but never falls more than one turn behind. */
  chosen(peer: Peer, request: PickRequest, candidates: readonly Peer[]): void {
    if (this.#weights.of(peer) <= peer.options.weight - totalWeight(candidates)) return;
    let total = 0;
    for (const one of candidates) {
      if (one.available && !request.tried.has(one)) total += this.#weights.gain(one);
    }
    this.#weights.pay(peer, total);
  }
}
