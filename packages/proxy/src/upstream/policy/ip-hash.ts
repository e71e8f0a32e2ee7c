import { addressBytes } from '../../net/ip.js';
import type { Peer } from '../peer.js';
import type { PickRequest, Policy } from './policy.js';
import type { RoundRobin } from './round-robin.js';
import { peerAt, totalWeight } from './weights.js';

const START = 89;
const FACTOR = 113;
const MODULUS = 6_271;
const TRIES = 20;

/** Scratch space for the address; picks are synchronous, so one buffer is enough. */
const bytes = new Uint8Array(16);

/**
 * nginx's `ip_hash`: the first three octets of an IPv4 address, or all 16 bytes of an IPv6 address, choose a point in the
 * range of the weights (`peerAt`). If that peer is unavailable the hash goes on over the same bytes, 20 times at most; then
 * round robin chooses. The range holds unavailable peers as well, so that the others keep their clients when one fails.
 */
export class IpHash implements Policy {
  readonly #fallback: RoundRobin;

  constructor(fallback: RoundRobin) {
    this.#fallback = fallback;
  }

  pick(request: PickRequest, candidates: readonly Peer[]): Peer | undefined {
    const length = hashedBytes(request.clientAddress);
    const total = totalWeight(candidates);
    let hash = START;
    // On a retry nginx continues the hash of the attempt before. Hashing from the start gives the same sequence, if the
    // peers tried before are not counted as misses.
    const misses = TRIES + request.tried.size;
    for (let tries = 0; tries <= misses; tries++) {
      for (let i = 0; i < length; i++) hash = (hash * FACTOR + (bytes[i] ?? 0)) % MODULUS;
      const peer = peerAt(candidates, hash % total);
      if (peer?.available === true && !request.tried.has(peer)) return peer;
    }
    return this.#fallback.pick(request, candidates);
  }
}

/** Fills `bytes` and returns how many count; a client on a Unix socket, without an IP address, counts as 0.0.0. */
function hashedBytes(address: string): number {
  const length = addressBytes(address, bytes);
  if (length === 16) return 16;
  if (length === 0) bytes.fill(0, 0, 3);
  return 3;
}
