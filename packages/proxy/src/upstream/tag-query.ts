import type { Affinity } from './affinity/affinity.js';
import type { Peer } from './peer.js';

export interface TagQueryOptions {
  readonly peers: readonly Peer[];
  readonly affinity: Affinity;
  /** Least milliseconds from the end of one round of questions to the next. */
  readonly intervalMs: number;
  /** Asks one peer for its tag; undefined when it does not say. Settles in bounded time; a rejection is no answer. */
  readonly fetchTag: (peer: Peer) => Promise<string | undefined>;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Asks all peers which node tag is theirs: at start, and when a session id names a node that is not known. */
export class TagQuery {
  readonly #options: TagQueryOptions;
  readonly #now: () => number;
  #running: Promise<void> | undefined;
  #lastEnd = Number.NEGATIVE_INFINITY;

  constructor(options: TagQueryOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Asking would tell something: a round is on, or the last one was long enough ago. */
  get isDue(): boolean {
    return this.#running !== undefined || this.#now() - this.#lastEnd >= this.#options.intervalMs;
  }

  /**
   * Resolves when the peers have said what they have to say; at once within the interval after the last round. Calls
   * while a round is on share it. Never rejects.
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
