import type { PolicyName, UpstreamOptions } from '../../options/proxy.js';
import type { Peer } from '../peer.js';
import { ConsistentHash } from './consistent-hash.js';
import { Hash } from './hash.js';
import type { HashKey } from './hash.js';
import { IpHash } from './ip-hash.js';
import { LeastConn } from './least-conn.js';
import type { PickRequest, Policy } from './policy.js';
import { Random } from './random.js';
import { RoundRobin } from './round-robin.js';

/** The policies of an upstream and their state, for one list of peers: a changed list needs a new `Choice`. */
export class Choice {
  readonly #primary: readonly Peer[];
  readonly #backup: readonly Peer[];
  readonly #policy: Policy;
  readonly #sessionPolicy: Policy;
  readonly #websocketPolicy: Policy;
  readonly #backupPolicy = new RoundRobin();

  constructor(options: UpstreamOptions, peers: readonly Peer[]) {
    this.#primary = peers.filter((peer) => !peer.options.backup);
    this.#backup = peers.filter((peer) => peer.options.backup);
    const { policy, websocketPolicy = policy } = options;
    const create = (name: PolicyName): Policy => policyOf(name, options, this.#primary);
    this.#policy = create(policy);
    this.#sessionPolicy = create(policy);
    this.#websocketPolicy = websocketPolicy === policy ? this.#sessionPolicy : create(websocketPolicy);
  }

  /**
   * Picks by the policy among the primary peers; when none is available, by round robin among the backups, whatever the
   * policy is (nginx refuses backups with ip_hash, hash and random).
   *
   * @param wanted `Peer.id` that the request names, preferred among the primaries and among the backups; '' for none
   */
  pick(request: PickRequest, wanted: string): Peer | undefined {
    const policy = this.#policyFor(request.opens);
    return choose(policy, request, this.#primary, wanted) ?? choose(this.#backupPolicy, request, this.#backup, wanted);
  }

  /**
   * Requests that open a session have a policy object of their own: with one round robin over two peers for all requests, a
   * page that loads an even number of files before its handshake would put every session on the same peer.
   */
  #policyFor(opens: PickRequest['opens']): Policy {
    if (opens === undefined) return this.#policy;
    return opens === 'websocket' ? this.#websocketPolicy : this.#sessionPolicy;
  }
}

function policyOf(name: PolicyName, { hashKey = '' }: UpstreamOptions, peers: readonly Peer[]): Policy {
  const key: HashKey = typeof hashKey === 'string' ? () => hashKey : (facts) => hashKey(facts());
  switch (name) {
    case 'round_robin':
      return new RoundRobin();
    case 'least_conn':
      return new LeastConn();
    case 'ip_hash':
      return new IpHash(new RoundRobin());
    case 'hash':
      return new Hash(key, new RoundRobin());
    case 'consistent_hash':
      return new ConsistentHash(key, peers, new RoundRobin());
    case 'random':
    case 'random_two':
      return new Random(name === 'random_two', new RoundRobin());
  }
}

function choose(policy: Policy, request: PickRequest, candidates: readonly Peer[], wanted: string): Peer | undefined {
  if (wanted === '') return policy.pick(request, candidates);
  const peer = candidates.find((one) => one.id === wanted);
  if (peer?.availableByName !== true || request.tried.has(peer)) return policy.pick(request, candidates);
  policy.chosen?.(peer, request, candidates);
  return peer;
}
