import { tagOf } from '@pinwheel/protocol';
import type { Peer } from './peer.js';

/** A longer id is none that Engine.IO or a member makes. */
const LONGEST = 128;

/**
 * Which peer holds which Engine.IO session. Members' ids name their node, so a table of tags as large as the upstream is
 * enough for them; ids without a tag are remembered one by one, the least recently used forgotten first. Both learn from
 * answers of peers only: what a client sends never grows them.
 */
export class Affinity {
  readonly #byTag = new Map<string, Peer>();
  readonly #bySid = new Map<string, Peer>();
  readonly #limit: number;

  constructor(peers: readonly Peer[], limit: number) {
    this.#limit = limit;
    for (const peer of peers) {
      if (peer.options.route !== undefined) this.#byTag.set(peer.options.route, peer);
    }
  }

  /** Untagged ids remembered. */
  get size(): number {
    return this.#bySid.size;
  }

  peerOf(sid: string): Peer | undefined {
    if (sid.length > LONGEST) return undefined;
    const tag = tagOf(sid);
    if (tag !== undefined) return this.#byTag.get(tag);
    const peer = this.#bySid.get(sid);
    if (peer !== undefined) {
      this.#bySid.delete(sid);
      this.#bySid.set(sid, peer);
    }
    return peer;
  }

  /** The id names a node that no peer is known by. */
  unknownTag(sid: string): boolean {
    if (sid.length > LONGEST) return false;
    const tag = tagOf(sid);
    return tag !== undefined && !this.#byTag.has(tag);
  }

  /** A handshake answer of `peer` carried this id. */
  learn(sid: string, peer: Peer): void {
    if (sid.length > LONGEST) return;
    const tag = tagOf(sid);
    if (tag !== undefined) {
      this.learnTag(tag, peer);
      return;
    }
    this.#bySid.delete(sid);
    this.#bySid.set(sid, peer);
    if (this.#bySid.size > this.#limit) {
      for (const oldest of this.#bySid.keys()) {
        this.#bySid.delete(oldest);
        break;
      }
    }
  }

  /** `peer` says that it is the node `tag`: the last one to say so is believed, but never against a given `route`. */
  learnTag(tag: string, peer: Peer): void {
    const known = this.#byTag.get(tag);
    if (known === peer || peer.options.route !== undefined || known?.options.route !== undefined) return;
    if (peer.tag !== undefined && this.#byTag.get(peer.tag) === peer) this.#byTag.delete(peer.tag);
    if (known !== undefined) known.tag = undefined;
    this.#byTag.set(tag, peer);
    peer.tag = tag;
  }
}
