import { tagOf } from '@pinwheel/protocol';
import type { Peer } from './peer.js';
import { RecentMap } from './recent-map.js';

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
  readonly #given = new Map<string, Peer>();
  /** Tags last shown the longest ago are forgotten first. */
  readonly #shown: RecentMap<TagHolder>;
  readonly #bySid: RecentMap<Peer>;

  /** @param limit ids remembered at most, and tags */
  constructor(peers: readonly Peer[], limit: number) {
    this.#shown = new RecentMap(limit);
    this.#bySid = new RecentMap(limit);
    for (const peer of peers) {
      if (peer.options.route !== undefined) this.#given.set(peer.options.route, peer);
    }
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

  /** A handshake answer of `peer` carried this id. */
  learn(sid: string, peer: Peer): void {
    if (sid === '' || sid.length > LONGEST) return;
    const tag = tagOf(sid);
    if (tag === undefined) {
      this.#remember(sid, peer);
      return;
    }
    this.learnTag(tag, peer);
    if (this.#shown.peek(tag)?.shared === true) this.#remember(sid, peer);
  }

  /** `peer` says that it is the node `tag`: the last one to say so is believed, but never against a given `route`. */
  learnTag(tag: string, peer: Peer): void {
    if (this.#given.has(tag)) return;
    const holder = this.#shown.use(tag);
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
