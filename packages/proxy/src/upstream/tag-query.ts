import type { Affinity } from './affinity/affinity.js';
import type { Peer } from './peer.js';

export interface TagQueryOptions {
  readonly peers: readonly Peer[];
  readonly affinity: Affinity;
  /** Least milliseconds from the end of one round of queries to the next. */
  readonly intervalMs: number;
  /** Asks one peer for its tag; undefined when it has none. Must settle in bounded time; a rejection counts as no tag. */
  readonly fetchTag: (peer: Peer) => Promise<string | undefined>;
  /** Milliseconds of a monotonic clock. Default `performance.now`. */
  readonly now?: () => number;
}

/** Asks all peers for their node tags: at start, and when a session id carries an unknown tag. */
export class TagQuery {
  readonly #options: TagQueryOptions;
  readonly #now: () => number;
  #running: Promise<void> | undefined;
  #lastEnd = Number.NEGATIVE_INFINITY;

  constructor(options: TagQueryOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** `ask` would bring news: a round is in flight, or the last one ended at least `intervalMs` ago. */
  get isDue(): boolean {
    return this.#running !== undefined || this.#now() - this.#lastEnd >= this.#options.intervalMs;
  }

  /**
   * Resolves when every peer has answered or failed, and at once when the last round ended less than `intervalMs` ago.
   * Calls during a round share it. Never rejects.
   */
  ask(): Promise<void> {
    if (this.#running !== undefined) return this.#running;
    if (!this.isDue) return Promise.resolve();
    this.#running = this.#askAll().finally(() => {
      this.#running = undefined;
      this.#lastEnd = this.#now();
    });
    return this.#running;
  }

  async #askAll(): Promise<void> {
    const { peers, affinity, fetchTag } = this.#options;
    const asked = peers.filter((peer) => !peer.options.down && peer.options.route === undefined);
    await Promise.allSettled(
      asked.map(async (peer) => {
        const tag = await fetchTag(peer);
        if (tag !== undefined) affinity.learnTag(tag, peer);
      }),
    );
  }
}
