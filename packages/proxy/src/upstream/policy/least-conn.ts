import type { Peer } from '../peer.js';
import type { PickRequest, Policy } from './policy.js';
import { SmoothWeights } from './weights.js';

/**
 * nginx's `least_conn`: the peer with the fewest active connections in proportion to its weight; smooth weighted round
 * robin decides among equals. Shares are compared crosswise (a/w < b/v is a*v < b*w), which is exact for any weights.
 */
export class LeastConn implements Policy {
  readonly #weights = new SmoothWeights();

  pick(request: PickRequest, candidates: readonly Peer[]): Peer | undefined {
    let least: Peer | undefined;
    let tie = false;
    for (const peer of candidates) {
      if (!peer.available || request.tried.has(peer)) continue;
      const order = least === undefined ? -1 : compareShares(peer, least);
      if (order < 0) least = peer;
      tie = order === 0 || (tie && order > 0);
    }
    if (least === undefined || !tie) return least;
    let best: Peer | undefined;
    let total = 0;
    for (const peer of candidates) {
      if (!peer.available || request.tried.has(peer) || compareShares(peer, least) !== 0) continue;
      total += this.#weights.gain(peer);
      if (best === undefined || this.#weights.of(peer) > this.#weights.of(best)) best = peer;
    }
    if (best !== undefined) this.#weights.pay(best, total);
    return best;
  }
}

function compareShares(a: Peer, b: Peer): number {
  return a.load * b.options.weight - b.load * a.options.weight;
}
