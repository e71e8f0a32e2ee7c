import type { Peer } from '../peer.js';
import type { PickRequest, Policy } from './policy.js';

/**
 * nginx's smooth weighted round robin (`ngx_http_upstream_get_peer`): every usable peer gains its weight, the one that
 * has most is taken and pays the sum. Weights 5, 1, 1 give a a b a c a a. A peer that failed has a lowered effective
 * weight, which grows back by one with every pick.
 */
export class RoundRobin implements Policy {
  pick(request: PickRequest, candidates: readonly Peer[]): Peer | undefined {
    let best: Peer | undefined;
    let total = 0;
    for (const peer of candidates) {
      if (!peer.available || request.tried.has(peer)) continue;
      total += gain(peer);
      if (best === undefined || peer.currentWeight > best.currentWeight) best = peer;
    }
    if (best !== undefined) best.currentWeight -= total;
    return best;
  }
}

/** @returns the weight the peer gained */
export function gain(peer: Peer): number {
  const weight = peer.effectiveWeight;
  peer.currentWeight += weight;
  if (weight < peer.options.weight) peer.effectiveWeight++;
  return weight;
}
