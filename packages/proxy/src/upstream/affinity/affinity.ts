import { tagOf } from '@pinwheel/protocol';
import type { Peer } from '../peer.js';
import { RecentMap } from '../../net/recent-map.js';

/** What an answer of a peer has taught: the peer of a session, or of all sessions with a tag. */
export type Tell = (kind: 'sid' | 'tag', key: string, peer: Peer) => void;

/** A longer id is none that Engine.IO or a member makes. */
const LONGEST = 128;

interface TagHolder {
  /** The peer that showed the tag last. */
  peer: Peer;
  /** More than one peer has shown it: it says less than the id itself. */
  shared: boolean;
}

/**
 * Which peer holds which Engine.IO session. Members' ids name their node, so a table of the few tags is enough for them;
 * ids without a tag are remembered one by one, the least recently used forgotten first. So are ids whose tag was shown by
 * several peers: relays before the same nodes, or servers whose own kind of id happens to have a dot. Everything is
 * learned from answers of peers; what a client sends never grows a table.
 */
export class Affinity {
  /** By `route=`: these never move. */
  #given: ReadonlyMap<string, Peer> = new Map();
  /** Tags last shown the longest ago are forgotten first. */
  readonly #shown: RecentMap<TagHolder>;
  readonly #bySid: RecentMap<Peer>;
  #peers: readonly Peer[] = [];
  readonly #tell: Tell | undefined;
  /** Takes the place of this one; what answers that were under way then still teach is for it. */
  #heir: Affinity | undefined;

  /**
   * @param limit ids remembered at most, and tags
   * @param tell told of every id that is remembered and every tag that is new, as answers of peers show them
   */
  constructor(peers: readonly Peer[], limit: number, tell?: Tell) {
    this.#tell = tell;
    this.#shown = new RecentMap(limit);
    this.#bySid = new RecentMap(limit);
    this.usePeers(peers);
  }

  /** Other peers than before: what is known of those that stay is not forgotten. */
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

  /** Tags known, given and shown. */
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

  /** The id names a node that no peer is known by. */
  unknownTag(sid: string): boolean {
    if (sid.length > LONGEST) return false;
    const tag = tagOf(sid);
    return tag !== undefined && !this.#given.has(tag) && this.#shown.peek(tag) === undefined;
  }

  /** A session that another process which has the same peers may know of: here nothing says for sure who holds it. */
  unknownHere(sid: string): boolean {
    if (sid.length > LONGEST) return false;
    const tag = tagOf(sid);
    if (tag !== undefined) {
      if (this.#given.has(tag)) return false;
      if (this.#shown.peek(tag)?.shared === false) return false;
    }
    return this.#bySid.peek(sid) === undefined;
  }

  /** A handshake answer of `peer` carried this id. */
  learn(sid: string, peer: Peer): void {
    if (sid === '' || sid.length > LONGEST) return;
    this.#inheritedBy(peer, (heir, same) => heir.learn(sid, same));
    this.#learn(sid, peer, this.#heir === undefined ? this.#tell : undefined);
  }

  /** `peer` says that it is the node `tag`: the last one to say so is believed, but never against a given `route`. */
  learnTag(tag: string, peer: Peer): void {
    this.#inheritedBy(peer, (heir, same) => heir.learnTag(tag, same));
    this.#learnTag(tag, peer, this.#heir === undefined ? this.#tell : undefined);
  }

  /** As `learn`, from what another process was taught. Unknown names of peers teach nothing. */
  adopt(sid: string, peerName: string): void {
    const peer = this.#named(peerName);
    if (peer !== undefined && sid !== '' && sid.length <= LONGEST) this.#learn(sid, peer, undefined);
  }

  /** As `learnTag`, from what another process was taught. */
  adoptTag(tag: string, peerName: string): void {
    const peer = this.#named(peerName);
    if (peer !== undefined) this.#learnTag(tag, peer, undefined);
  }

  /** Takes over what another one knows of peers of the same names; that one passes on what it still learns. */
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
    from.#heir = this;
  }

  #named(name: string): Peer | undefined {
    return this.#peers.find((peer) => peer.name === name);
  }

  #inheritedBy(peer: Peer, lesson: (heir: Affinity, same: Peer) => void): void {
    if (this.#heir === undefined) return;
    const same = this.#heir.#named(peer.name);
    if (same !== undefined) lesson(this.#heir, same);
  }

  #learn(sid: string, peer: Peer, tell: Tell | undefined): void {
    const tag = tagOf(sid);
    if (tag !== undefined) {
      this.#learnTag(tag, peer, tell);
      if (this.#shown.peek(tag)?.shared !== true) return;
    }
    this.#remember(sid, peer);
    tell?.('sid', sid, peer);
  }

  #learnTag(tag: string, peer: Peer, tell: Tell | undefined): void {
    if (this.#given.has(tag)) return;
    const holder = this.#shown.use(tag);
    if (holder?.peer !== peer) tell?.('tag', tag, peer);
    if (holder === undefined) {
      this.#shown.set(tag, { peer, shared: false });
    } else if (holder.peer !== peer) {
      if (holder.peer.tag === tag) holder.peer.tag = holder.peer.options.route;
      holder.peer = peer;
      holder.shared = true;
    }
    if (peer.options.route === undefined) peer.tag = tag;
  }

  /** The session is over. */
  forget(sid: string): void {
    this.#bySid.delete(sid);
  }

  #remember(sid: string, peer: Peer): void {
    // A copy: a text cut out of a response would keep the whole response in memory for as long as it is remembered.
    this.#bySid.set(Buffer.from(sid).toString(), peer);
  }
}
