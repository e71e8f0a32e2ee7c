import { tagOf } from '@pinwheel/protocol';
import { RecentMap } from '../../net/recent-map.js';

/** Names of upstreams contain no blank, so a blank can separate name and key. */
const keyOf = (upstream: string, key: string): string => `${upstream} ${key}`;

/**
 * The sessions and tags that several processes have learned, in the one process that all of them can ask (see `Siblings`).
 * Bounded: the least recently used entries are forgotten first.
 *
 * @example
 * table.learned('websocket', 'tag', 'n1', '127.0.0.1:3100');
 * table.find('websocket', 'n1.8YdzbvlSAk'); // '127.0.0.1:3100'
 */
export class SessionTable {
  readonly #sids: RecentMap<string>;
  readonly #tags: RecentMap<string>;

  /** @param limit session ids, and tags, remembered over all upstreams. Default 100,000 */
  constructor(limit = 100_000) {
    this.#sids = new RecentMap(limit);
    this.#tags = new RecentMap(limit);
  }

  /** Records what a process has learned; see `Siblings.learned`. @param peer its name */
  learned(upstream: string, kind: 'sid' | 'tag', key: string, peer: string): void {
    (kind === 'sid' ? this.#sids : this.#tags).set(keyOf(upstream, key), peer);
  }

  /** The name of the peer that holds a session, by its id or else by its tag; undefined when neither is known. */
  find(upstream: string, sid: string): string | undefined {
    const peer = this.#sids.use(keyOf(upstream, sid));
    if (peer !== undefined) return peer;
    const tag = tagOf(sid);
    return tag === undefined ? undefined : this.#tags.use(keyOf(upstream, tag));
  }

  /** All tags, for a process that has just started. */
  *tags(): Generator<{ upstream: string; tag: string; peer: string }> {
    for (const [key, peer] of this.#tags) {
      const blank = key.lastIndexOf(' ');
      yield { upstream: key.slice(0, blank), tag: key.slice(blank + 1), peer };
    }
  }
}
