import type { Facts } from '../../facts.js';
import type { Peer } from '../peer.js';
import { crc32 } from './crc32.js';
import type { PickRequest, Policy } from './policy.js';
import type { RoundRobin } from './round-robin.js';
import { peerAt, totalWeight } from './weights.js';

/** The text that is hashed for a request. */
export type HashKey = (facts: () => Facts) => string;

const TRIES = 20;

/**
 * nginx's `hash KEY`: the upper half of the key's CRC-32 chooses a point in the range of the weights (`peerAt`). If that
 * peer is unavailable, the hash of the try's number followed by the key is added, 20 times at most; then round robin
 * chooses, as it does for an empty key.
 */
export class Hash implements Policy {
  readonly #key: HashKey;
  readonly #fallback: RoundRobin;

  constructor(key: HashKey, fallback: RoundRobin) {
    this.#key = key;
    this.#fallback = fallback;
  }

  pick(request: PickRequest, candidates: readonly Peer[]): Peer | undefined {
    const key = candidates.length < 2 ? '' : this.#key(request.facts);
    if (key === '') return this.#fallback.pick(request, candidates);
    const total = totalWeight(candidates);
    let sum = 0;
    // Peers tried before are not counted as misses; see IpHash.
    const misses = TRIES + request.tried.size;
    for (let tries = 0; tries <= misses; tries++) {
      sum += (crc32(key, tries === 0 ? 0 : crc32(String(tries))) >>> 16) & 0x7fff;
      const peer = peerAt(candidates, sum % total);
      if (peer?.available === true && !request.tried.has(peer)) return peer;
    }
    return this.#fallback.pick(request, candidates);
  }
}
