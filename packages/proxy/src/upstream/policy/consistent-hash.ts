import type { Peer } from '../peer.js';
import { crc32 } from './crc32.js';
import type { HashKey } from './hash.js';
import type { PickRequest, Policy } from './policy.js';
import type { RoundRobin } from './round-robin.js';
import { SmoothWeights } from './weights.js';

const POINTS_PER_WEIGHT = 160;
const TRIES = 20;
/** A point (32 bits) and the index of its server (20 bits) share one number, which a double holds exactly. */
const SERVERS = 2 ** 20;

/**
 * nginx's `hash KEY consistent` (ketama): every server has 160 points on a 32-bit ring for each unit of its weight, and the
 * first point at or after the key's CRC-32 names the server. If that server is unavailable the next points are tried, 20
 * at most; then round robin chooses, as it does for an empty key. The peers of one server take turns.
 */
export class ConsistentHash implements Policy {
  readonly #key: HashKey;
  readonly #fallback: RoundRobin;
  readonly #weights = new SmoothWeights();
  /** The points in ascending order, and at the same index the server of each. */
  readonly #points: Uint32Array;
  readonly #owners: Uint32Array;
  readonly #servers: readonly (readonly Peer[])[];

  /** @param peers the candidates of later picks */
  constructor(key: HashKey, peers: readonly Peer[], fallback: RoundRobin) {
    this.#key = key;
    this.#fallback = fallback;
    const servers = new Map<string, Peer[]>();
    for (const peer of peers) {
      const same = servers.get(peer.server);
      if (same === undefined) servers.set(peer.server, [peer]);
      else same.push(peer);
    }
    this.#servers = [...servers.values()];
    const ring = ringOf([...servers]);
    this.#points = Uint32Array.from(ring, (one) => Math.floor(one / SERVERS));
    this.#owners = Uint32Array.from(ring, (one) => one % SERVERS);
  }

  pick(request: PickRequest, candidates: readonly Peer[]): Peer | undefined {
    const key = candidates.length < 2 ? '' : this.#key(request.facts);
    if (key === '') return this.#fallback.pick(request, candidates);
    const first = this.#firstPoint(crc32(key));
    for (let tries = 0; tries <= TRIES; tries++) {
      const owner = this.#owners[(first + tries) % this.#owners.length] ?? 0;
      const peer = this.#take(this.#servers[owner] ?? [], request);
      if (peer !== undefined) return peer;
    }
    return this.#fallback.pick(request, candidates);
  }

  /** Index of the first point at or above `hash`; the number of points when all are below. */
  #firstPoint(hash: number): number {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#points[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #take(peers: readonly Peer[], request: PickRequest): Peer | undefined {
    let best: Peer | undefined;
    let total = 0;
    for (const peer of peers) {
      if (!peer.available || request.tried.has(peer)) continue;
      total += this.#weights.gain(peer);
      if (best === undefined || this.#weights.of(peer) > this.#weights.of(best)) best = peer;
    }
    if (best !== undefined) this.#weights.pay(best, total);
    return best;
  }
}

/** The points of all servers in ascending order, `point * SERVERS + server`, without repeated points. */
function ringOf(servers: readonly (readonly [string, readonly Peer[]])[]): Float64Array {
  const points: number[] = [];
  servers.forEach(([name, peers], index) => {
    const base = crc32(placeOf(name));
    const weight = peers.reduce((most, peer) => Math.max(most, peer.options.weight), 0);
    let hash = 0;
    for (let i = 0; i < weight * POINTS_PER_WEIGHT; i++) {
      // Each point is hashed from the one before.
      hash = crc32(String.fromCharCode(hash & 255, (hash >> 8) & 255, (hash >> 16) & 255, hash >>> 24), base);
      points.push(hash * SERVERS + index);
    }
  });
  const sorted = Float64Array.from(points).toSorted();
  return sorted.filter((one, i) => i === 0 || Math.floor(one / SERVERS) !== Math.floor((sorted[i - 1] ?? 0) / SERVERS));
}

/** The text that a server's points are hashed from: its host, a zero byte, and its port if the configuration states one. */
function placeOf(server: string): string {
  if (/^unix:/i.test(server)) return `${server.slice('unix:'.length)}\0`;
  const [, host, port] = /^(.*):(\d*)$/s.exec(server) ?? [];
  return host === undefined ? `${server}\0` : `${host}\0${port ?? ''}`;
}
