import { addressBytes } from '../../net/ip.js';
import type { Peer } from '../peer.js';
import type { PickRequest, Policy } from './policy.js';
import type { RoundRobin } from './round-robin.js';
import { peerAt, totalWeight } from './weight-range.js';

const START = 89;
const FACTOR = 113;
const MODULUS = 6_271;
const TRIES = 20;

/** The bytes of the address at hand; a pick is over before the next begins. */
const bytes = new Uint8Array(16);

/**
 * nginx's `ip_hash`: the first three octets of an IPv4 address, or all 16 bytes of an IPv6 one, choose a point on the
 * peers laid out by weight. Where that peer cannot be used the hash runs on over the same bytes, 20 times at most; then
 * round robin chooses. Not only usable peers are laid out: the others keep their clients when one fails.
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
    // nginx goes on where the try before has found its peer. Starting over comes to the same point when the peers that
    // were found then are not counted as misses.
    const misses = TRIES + request.tried.size;
    for (let tries = 0; tries <= misses; tries++) {
      for (let i = 0; i < length; i++) hash = (hash * FACTOR + (bytes[i] ?? 0)) % MODULUS;
      const peer = peerAt(candidates, hash % total);
      if (peer?.available === true && !request.tried.has(peer)) return peer;
    }
    return this.#fallback.pick(request, candidates);
  }
}

/** Fills `bytes`; a client without IP address (a Unix socket) counts as 0.0.0. */
function hashedBytes(address: string): number {
  const length = addressBytes(address, bytes);
  if (length === 16) return 16;
  if (length === 0) bytes.fill(0, 0, 3);
  return 3;
}
