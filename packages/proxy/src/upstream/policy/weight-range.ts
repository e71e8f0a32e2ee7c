import type { Peer } from '../peer.js';

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
