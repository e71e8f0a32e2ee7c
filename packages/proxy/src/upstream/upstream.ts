import { Affinity } from './affinity/affinity.js';
import type { Tell } from './affinity/affinity.js';
import { Choice } from './policy/choice.js';
import type { Facts } from '../facts.js';
import type { PeerOptions, UpstreamOptions } from '../options/proxy.js';
import { Peer } from './peer.js';
import type { PickRequest } from './policy/policy.js';
import { Sticky } from './affinity/sticky.js';

/** Where a name leads: what of `PeerOptions` the resolver says. */
export type PeerAddress = Pick<PeerOptions, 'host' | 'port'> & Partial<Pick<PeerOptions, 'weight' | 'backup'>>;

/** A named set of peers (nginx: `upstream`) and how one of them is chosen. */
export class Upstream {
  readonly name: string;
  readonly options: UpstreamOptions;
  /** Which peer holds which session. */
  readonly affinity: Affinity;
  /** How requests name their peer; undefined where they do not. */
  readonly sticky: Sticky | undefined;
  readonly #now: () => number;
  #peers: readonly Peer[];
  #choice: Choice;
  /** The peers of each server: none yet where its name is looked up while serving. */
  readonly #byServer = new Map<PeerOptions, readonly Peer[]>();

  /**
   * @param now milliseconds of a clock that never goes back
   * @param tell told of what answers teach about sessions
   */
  constructor(options: UpstreamOptions, now: () => number = () => performance.now(), tell?: Tell) {
    this.name = options.name;
    this.options = options;
    this.#now = now;
    for (const server of options.peers) this.#byServer.set(server, server.resolve ? [] : [new Peer(server, 0, now)]);
    this.#peers = [...this.#byServer.values()].flat();
    this.#choice = new Choice(options, this.#arranged());
    this.affinity = new Affinity(this.#peers, options.learnedSids, tell);
    this.sticky = options.sticky === undefined ? undefined : new Sticky(options.sticky, now, tell);
  }

  /** In the order of the servers, whichever name was found first. */
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
   * The name of a server with `resolve` has these addresses now. Peers of addresses that it had before go on as they are;
   * those of others are not chosen any more, what they are doing ends by itself.
   *
   * @returns the peers that are gone
   */
  setAddresses(server: PeerOptions, addresses: readonly PeerAddress[]): readonly Peer[] {
    const before = this.#byServer.get(server) ?? [];
    const left = new Set(before);
    // An address may be there more than once, as one of several SRV records.
    const now = addresses.map((address) => {
      const same = [...left].find((peer) => isAt(peer, address));
      if (same === undefined) return new Peer({ ...server, ...address }, 0, this.#now);
      left.delete(same);
      return same;
    });
    const fresh = now.filter((peer) => !before.includes(peer));
    const gone = [...left];
    if (fresh.length === 0 && gone.length === 0) return [];
    for (const peer of gone) peer.gone = true;
    this.#byServer.set(server, now);
    this.#peers = [...this.#byServer.values()].flat();
    this.#choice = new Choice(this.options, this.#arranged());
    this.affinity.usePeers(this.#peers);
    return gone;
  }

  /** Goes on with what the upstream that it replaces knows: of sessions, and of names that it looks up as well. */
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
   * The peer for a request that is not pinned: the one that it asks for, else as the policies say; see `Choice`.
   * undefined: no live upstreams.
   */
  pick(request: PickRequest): Peer | undefined {
    const peer = this.#choice.pick(request, this.sticky === undefined ? '' : this.sticky.wanted(request.facts));
    peer?.chosen();
    return peer;
  }

  /** What another process was taught: a tag of the peer with that name, or a session. */
  adopt(key: string, peerName: string): void {
    const peer = this.#peers.find(({ name }) => name === peerName);
    if (this.sticky?.adopt(key, peer) !== true) this.affinity.adoptTag(key, peerName);
  }

  /** An answer of the peer's to a polling request has opened a session. */
  onSessionOpened(sid: string, peer: Peer): void {
    peer.counts.pollingSessions++;
    this.affinity.learn(sid, peer);
  }

  /** A head of the peer's has come. @returns the lines that are added to the answer */
  onHead(peer: Peer | undefined, facts: () => Facts): string {
    return this.sticky === undefined || peer === undefined ? '' : this.sticky.onHead(peer, facts);
  }

  /** The whole answer of the peer has come, or it has switched protocols. */
  onAnswer(peer: Peer | undefined, facts: () => Facts): void {
    if (peer !== undefined) this.sticky?.onAnswer(peer, facts);
  }

  /** The peer that holds the session, when it is known and may be used; see `Peer.holdsSessions`. */
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
