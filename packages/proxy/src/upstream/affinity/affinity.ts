import { tagOf } from '@pinwheel/protocol';
import type { Peer } from '../peer.js';
import { RecentMap } from '../../net/recent-map.js';

/** A response of a peer has shown which peer holds a session, or all sessions with a tag. */
export type Learned = (kind: 'sid' | 'tag', key: string, peer: Peer) => void;

/** Neither Engine.IO nor a member makes longer ids. */
const LONGEST = 128;

interface TagHolder {
  /** The last peer that showed the tag. */
  peer: Peer;
  /** Several peers have shown the tag: then the id itself decides. */
  shared: boolean;
}

/**
 * Knows which peer holds which Engine.IO session. Ids of members carry the tag of their node, so a table of the few tags is
 * enough for them. Ids without a tag are remembered one by one, and the least recently used are forgotten first. So are ids
 * whose tag was shown by several peers: relays in front of the same nodes, or servers whose own ids happen to contain a
 * dot. Everything is learned from responses of peers; what a client sends never grows a table.
 */
export class Affinity {
  /** Peers by the tag of `PeerOptions.route`, which is never learned otherwise. */
  #given: ReadonlyMap<string, Peer> = new Map();
  /** Learned tags; those not shown for longest are forgotten first. */
  readonly #shown: RecentMap<TagHolder>;
  readonly #bySid: RecentMap<Peer>;
  #peers: readonly Peer[] = [];
  readonly #onLearned: Learned | undefined;
  /** The table that replaced this one after a reload; late responses are recorded there as well. */
  #successor: Affinity | undefined;

  /**
   * @param limit ids remembered at most, and as many tags
   * @param onLearned called with every id that is remembered and every new tag that a response shows
   */
  constructor(peers: readonly Peer[], limit: number, onLearned?: Learned) {
    this.#onLearned = onLearned;
    this.#shown = new RecentMap(limit);
    this.#bySid = new RecentMap(limit);
    this.usePeers(peers);
  }

  /** Replaces the list of peers. What is known of peers that stay is kept. */
  usePeers(peers: readonly Peer[]): void {
    const given = new Map<string, Peer>();
    for (const peer of peers) if (peer.options.route !== undefined) given.set(peer.options.route, peer);
    this.#peers = peers;
    this.#given = given;
  }

  /** Session ids remembered one by one. */
  get size(): number {
    return this.#bySid.size;
  }

  /** Tags known, configured and learned. */
  get tags(): number {
    return this.#given.size + this.#shown.size;
  }

  peerOf(sid: string): Peer | undefined {
    if (sid.length > LONGEST) return undefined;
    const tag = tagOf(sid);
    if (tag === undefined) return this.#bySid.use(sid);
    const given = this.#given.get(tag);
    if (given !== undefined) return given;
    const holder = this.#shown.peek(tag);
    if (holder?.shared === true) return this.#bySid.use(sid) ?? holder.peer;
    return holder?.peer;
  }

  /** True when the id carries a tag that belongs to no known peer. */
  unknownTag(sid: string): boolean {
    if (sid.length > LONGEST) return false;
    const tag = tagOf(sid);
    return tag !== undefined && !this.#given.has(tag) && this.#shown.peek(tag) === undefined;
  }

  /** True when this process cannot say for sure which peer holds the session, so that a sibling may know better. */
  unknownHere(sid: string): boolean {
    if (sid.length > LONGEST) return false;
    const tag = tagOf(sid);
    if (tag !== undefined) {
      if (this.#given.has(tag)) return false;
      if (this.#shown.peek(tag)?.shared === false) return false;
    }
    return this.#bySid.peek(sid) === undefined;
  }

  /** A handshake response of `peer` carried this id. */
  learn(sid: string, peer: Peer): void {
    if (sid === '' || sid.length > LONGEST) return;
    this.#forSuccessor(peer, (successor, same) => successor.learn(sid, same));
    this.#learn(sid, peer, this.#successor === undefined ? this.#onLearned : undefined);
  }

  /** `peer` has shown the node tag `tag`. The last peer that showed a tag has it, unless `route` gives it to another. */
  learnTag(tag: string, peer: Peer): void {
    this.#forSuccessor(peer, (successor, same) => successor.learnTag(tag, same));
    this.#learnTag(tag, peer, this.#successor === undefined ? this.#onLearned : undefined);
  }

  /** Like `learn`, from another process. Does nothing for an unknown name of a peer. */
  adopt(sid: string, peerName: string): void {
    const peer = this.#named(peerName);
    if (peer !== undefined && sid !== '' && sid.length <= LONGEST) this.#learn(sid, peer, undefined);
  }

  /** Like `learnTag`, from another process. Does nothing for an unknown name of a peer. */
  adoptTag(tag: string, peerName: string): void {
    const peer = this.#named(peerName);
    if (peer !== undefined) this.#learnTag(tag, peer, undefined);
  }

  /** After a reload: takes over what `from` knows of peers of the same names. `from` passes on what it still learns. */
  inherit(from: Affinity): void {
    const same = new Map(from.#peers.map((peer) => [peer, this.#named(peer.name)]));
    for (const [tag, { peer, shared }] of from.#shown) {
      const ours = same.get(peer);
      if (ours === undefined || this.#given.has(tag)) continue;
      this.#shown.set(tag, { peer: ours, shared });
      if (peer.tag === tag && ours.options.route === undefined) ours.tag = tag;
    }
    for (const [sid, peer] of from.#bySid) {
      const ours = same.get(peer);
      if (ours !== undefined) this.#bySid.set(sid, ours);
    }
    from.#successor = this;
  }

  #named(name: string): Peer | undefined {
    return this.#peers.find((peer) => peer.name === name);
  }

  #forSuccessor(peer: Peer, lesson: (successor: Affinity, same: Peer) => void): void {
    if (this.#successor === undefined) return;
    const same = this.#successor.#named(peer.name);
    if (same !== undefined) lesson(this.#successor, same);
  }

  #learn(sid: string, peer: Peer, onLearned: Learned | undefined): void {
    const tag = tagOf(sid);
    if (tag !== undefined) {
      this.#learnTag(tag, peer, onLearned);
      if (this.#shown.peek(tag)?.shared !== true) return;
    }
    this.#remember(sid, peer);
    onLearned?.('sid', sid, peer);
  }

  #learnTag(tag: string, peer: Peer, onLearned: Learned | undefined): void {
    if (this.#given.has(tag)) return;
    const holder = this.#shown.use(tag);
    if (holder?.peer !== peer) onLearned?.('tag', tag, peer);
    if (holder === undefined) {
      this.#shown.set(tag, { peer, shared: false });
    } else if (holder.peer !== peer) {
      if (holder.peer.tag === tag) holder.peer.tag = holder.peer.options.route;
      holder.peer = peer;
      holder.shared = true;
    }
    if (peer.options.route === undefined) peer.tag = tag;
  }

  #remember(sid: string, peer: Peer): void {
    // A copy, because a slice of a response would keep the whole response in memory.
    this.#bySid.set(Buffer.from(sid).toString(), peer);
  }
}
