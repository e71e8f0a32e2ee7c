import { tagOf } from '@pinwheel/protocol';
import { RecentMap } from '../../net/recent-map.js';

/** The name of an upstream holds no blank, so a blank may stand between it and the key. */
const keyOf = (upstream: string, key: string): string => `${upstream} ${key}`;

/**
 * What several processes have learned of sessions, kept where all of them can ask: the middle between `Siblings`. Of
 * bounded size, the least recently used forgotten first.
 */
export class SessionTable {
  readonly #sids: RecentMap<string>;
  readonly #tags: RecentMap<string>;

  /** @param limit session ids, and tags, remembered over all upstreams. Default 100,000 */
  constructor(limit = 100_000) {
    this.#sids = new RecentMap(limit);
    this.#tags = new RecentMap(limit);
  }

  learned(upstream: string, kind: 'sid' | 'tag', key: string, peer: string): void {
    (kind === 'sid' ? this.#sids : this.#tags).set(keyOf(upstream, key), peer);
  }

  /** The name of the peer that holds a session. */
  find(upstream: string, sid: string): string | undefined {
    const peer = this.#sids.use(keyOf(upstream, sid));
    if (peer !== undefined) return peer;
    const tag = tagOf(sid);
    return tag === undefined ? undefined : this.#tags.use(keyOf(upstream, tag));
  }

  /** Every tag, as it was learned: for a process that is new. */
  *tags(): Generator<{ upstream: string; tag: string; peer: string }> {
    for (const [key, peer] of this.#tags) {
      const blank = key.lastIndexOf(' ');
      yield { upstream: key.slice(0, blank), tag: key.slice(blank + 1), peer };
    }
  }
}
