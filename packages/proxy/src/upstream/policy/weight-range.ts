import type { Peer } from '../peer.js';

/** The weights of all peers, usable or not. */
export function totalWeight(peers: readonly Peer[]): number {
  let total = 0;
  for (const peer of peers) total += peer.options.weight;
  return total;
}

/** The peer at that point of the peers laid out by weight; `point` is from 0 and below their total. */
export function peerAt(peers: readonly Peer[], point: number): Peer | undefined {
  let left = point;
  for (const peer of peers) {
    left -= peer.options.weight;
    if (left < 0) return peer;
  }
  return undefined;
}
