import { Affinity } from './affinity.js';
import type { Tell } from './affinity.js';
import type { PolicyName, UpstreamOptions } from './options.js';
import { Peer } from './peer.js';
import { ConsistentHash } from './policy/consistent-hash.js';
import { Hash } from './policy/hash.js';
import type { HashKey } from './policy/hash.js';
import { IpHash } from './policy/ip-hash.js';
import { LeastConn } from './policy/least-conn.js';
import type { PickRequest, Policy } from './policy/policy.js';
import { Random } from './policy/random.js';
import { RoundRobin } from './policy/round-robin.js';

/** A named set of peers (nginx: `upstream`) and how one of them is chosen. */
export class Upstream {
  readonly name: string;
  readonly options: UpstreamOptions;
  readonly peers: readonly Peer[];
  /** Which peer holds which session. */
  readonly affinity: Affinity;
  readonly #primary: readonly Peer[];
  readonly #backup: readonly Peer[];
  readonly #policy: Policy;
  readonly #sessionPolicy: Policy;
  readonly #websocketPolicy: Policy;
  readonly #backupPolicy = new RoundRobin();

  /**
   * @param now milliseconds of a clock that never goes back
   * @param tell told of what answers teach about sessions
   */
  constructor(options: UpstreamOptions, now: () => number = () => performance.now(), tell?: Tell) {
    this.name = options.name;
    this.options = options;
    // nginx: a single server is never taken out by max_fails; there is nothing else to ask.
    const single = options.peers.length === 1;
    this.peers = options.peers.map((peer, index) => new Peer(single ? { ...peer, maxFails: 0 } : peer, index, now));
    this.#primary = this.peers.filter((peer) => !peer.options.backup);
    this.#backup = this.peers.filter((peer) => peer.options.backup);
    this.affinity = new Affinity(this.peers, options.learnedSids, tell);
    this.#policy = this.#policyOf(options.policy);
    this.#sessionPolicy = this.#policyOf(options.policy);
    const { websocketPolicy = options.policy } = options;
    this.#websocketPolicy = websocketPolicy === options.policy ? this.#sessionPolicy : this.#policyOf(websocketPolicy);
  }

  #policyOf(name: PolicyName): Policy {
    const { hashKey = '' } = this.options;
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
        return new ConsistentHash(key, this.#primary, new RoundRobin());
      case 'random':
      case 'random_two':
        return new Random(name === 'random_two', new RoundRobin());
    }
  }

  /**
   * Sessions are dealt apart from other requests: a page that asks for an even number of files before its handshake
   * would else have every session of a round robin over two peers on the same one.
   */
  #policyFor(opens: PickRequest['opens']): Policy {
    if (opens === undefined) return this.#policy;
    return opens === 'websocket' ? this.#websocketPolicy : this.#sessionPolicy;
  }

  /**
   * The peer for a request that is not pinned: by the policy among the peers that are no backup, else by round robin
   * among the backups, whatever the policy is (nginx has no backups with ip_hash). undefined: no live upstreams.
   */
  pick(request: PickRequest): Peer | undefined {
    const policy = this.#policyFor(request.opens);
    const peer = policy.pick(request, this.#primary) ?? this.#backupPolicy.pick(request, this.#backup);
    peer?.chosen();
    return peer;
  }

  /** The peer that holds the session, when it is known and may be used; see `Peer.holdsSessions`. */
  pinnedPeer(sid: string): Peer | undefined {
    const peer = this.affinity.peerOf(sid);
    if (peer?.holdsSessions !== true) return undefined;
    peer.chosen();
    return peer;
  }
}
