import { Affinity } from './affinity/affinity.js';
import type { Learned } from './affinity/affinity.js';
import { Choice } from './policy/choice.js';
import type { Facts } from '../facts.js';
import type { PeerOptions, UpstreamOptions } from '../options/proxy.js';
import { Peer } from './peer.js';
import type { PickRequest } from './policy/policy.js';
import { Sticky } from './affinity/sticky.js';

/** An address of a server's name, with the weight and role that an SRV record gives it. */
export type PeerAddress = Pick<PeerOptions, 'host' | 'port'> & Partial<Pick<PeerOptions, 'weight' | 'backup'>>;

/** A named set of peers (nginx: `upstream`), and the choice among them. */
export class Upstream {
  readonly name: string;
  readonly options: UpstreamOptions;
  /** Which peer holds which session. */
  readonly affinity: Affinity;
  /** How requests name their peer; undefined without `sticky`. */
  readonly sticky: Sticky | undefined;
  readonly #now: () => number;
  #peers: readonly Peer[];
  #choice: Choice;
  /** The peers of each server; empty before the first lookup of a server with `resolve`. */
  readonly #byServer = new Map<PeerOptions, readonly Peer[]>();

  /**
   * @param now milliseconds of a monotonic clock
   * @param onLearned called with every session and tag that a response shows
   */
  constructor(options: UpstreamOptions, now: () => number = () => performance.now(), onLearned?: Learned) {
    this.name = options.name;
    this.options = options;
    this.#now = now;
    for (const server of options.peers) this.#byServer.set(server, server.resolve ? [] : [new Peer(server, 0, now)]);
    this.#peers = [...this.#byServer.values()].flat();
    this.#choice = new Choice(options, this.#arranged());
    this.affinity = new Affinity(this.#peers, options.learnedSids, onLearned);
    this.sticky = options.sticky === undefined ? undefined : new Sticky(options.sticky, now, onLearned);
  }

  /** The peers in the order of their servers in the configuration. */
  get peers(): readonly Peer[] {
    return this.#peers;
  }

  #arranged(): readonly Peer[] {
    const alone = this.#peers.length === 1;
    this.#peers.forEach((peer, index) => {
      peer.index = index;
      peer.alone = alone;
    });
    return this.#peers;
  }

  /**
   * Sets the addresses of a server with `resolve`. Peers whose address stays are kept as they are. Peers whose address
   * disappeared are no longer chosen; their requests and tunnels in flight go on.
   *
   * @returns the peers that were removed
   */
  setAddresses(server: PeerOptions, addresses: readonly PeerAddress[]): readonly Peer[] {
    const before = this.#byServer.get(server) ?? [];
    const left = new Set(before);
    // An address may occur more than once, in several SRV records.
    const now = addresses.map((address) => {
      const same = [...left].find((peer) => isAt(peer, address));
      if (same === undefined) return new Peer({ ...server, ...address }, 0, this.#now);
      left.delete(same);
      return same;
    });
    const fresh = now.filter((peer) => !before.includes(peer));
    const removed = [...left];
    if (fresh.length === 0 && removed.length === 0) return [];
    for (const peer of removed) peer.isRemoved = true;
    this.#byServer.set(server, now);
    this.#peers = [...this.#byServer.values()].flat();
    this.#choice = new Choice(this.options, this.#arranged());
    this.affinity.usePeers(this.#peers);
    return removed;
  }

  /** After a reload: takes over the sessions, the counts and the resolved names of the upstream that it replaces. */
  inherit(from: Upstream): void {
    for (const server of this.options.peers) {
      if (!server.resolve) continue;
      const same = from.options.peers.find(
        ({ resolve, host, service }) => resolve && host === server.host && service === server.service,
      );
      const known = same === undefined ? [] : (from.#byServer.get(same) ?? []);
      this.setAddresses(
        server,
        known.map(({ options: { host, port, weight, backup } }) =>
          server.service === undefined ? { host, port: server.port } : { host, port, weight, backup },
        ),
      );
    }
    const left = new Set(from.peers);
    for (const peer of this.#peers) {
      const same = [...left].find(({ name }) => name === peer.name);
      if (same === undefined) continue;
      left.delete(same);
      peer.counts = same.counts;
    }
    this.affinity.inherit(from.affinity);
    if (from.sticky !== undefined) this.sticky?.inherit(from.sticky);
  }

  /**
   * The peer for a request that is not pinned: the peer that the request names, else the choice of the policy.
   *
   * @returns undefined when no peer is available (nginx: "no live upstreams")
   */
  pick(request: PickRequest): Peer | undefined {
    const peer = this.#choice.pick(request, this.sticky === undefined ? '' : this.sticky.wanted(request.facts));
    peer?.chosen();
    return peer;
  }

  /** Takes over what another process has learned: a tag of the peer with that name, or a session. */
  adopt(key: string, peerName: string): void {
    const peer = this.#peers.find(({ name }) => name === peerName);
    if (this.sticky?.adopt(key, peer) !== true) this.affinity.adoptTag(key, peerName);
  }

  /** The peer's response to a polling request has opened a session. */
  onSessionOpened(sid: string, peer: Peer): void {
    peer.counts.pollingSessions++;
    this.affinity.learn(sid, peer);
  }

  /** The head of the peer's response has come. @returns field lines to add to the response */
  onHead(peer: Peer | undefined, facts: () => Facts): string {
    return this.sticky === undefined || peer === undefined ? '' : this.sticky.onHead(peer, facts);
  }

  /** The peer's response has come whole, or the peer has switched protocols. */
  onAnswer(peer: Peer | undefined, facts: () => Facts): void {
    if (peer !== undefined) this.sticky?.onAnswer(peer, facts);
  }

  /** The peer that holds the session; undefined when it is unknown or unusable (`Peer.holdsSessions`). */
  pinnedPeer(sid: string): Peer | undefined {
    const peer = this.affinity.peerOf(sid);
    if (peer?.holdsSessions !== true) return undefined;
    peer.chosen();
    return peer;
  }
}

function isAt({ options }: Peer, { host, port, weight, backup }: PeerAddress): boolean {
  if (host !== options.host || port !== options.port) return false;
  return (weight ?? options.weight) === options.weight && (backup ?? options.backup) === options.backup;
}
