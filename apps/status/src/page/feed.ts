import type { ProxyHistory } from '@pinwheel/proxy';
import type { ClusterStatus } from '@pinwheel/admin';

/** Milliseconds from one question to the next, and those that an answer may take. */
const INTERVAL = 1_000;
const PATIENCE = 4_000;

/** What is told of a balancer alone, and of a cluster. */
export type StatusDocument = Omit<ClusterStatus, 'url' | 'nodes' | 'redis'> & Partial<ClusterStatus>;

export interface FeedWatcher {
  /** What happened in the seconds before; comes before the first status, and after every time away. */
  onHistory(history: ProxyHistory): void;
  /** @returns false when the seconds before have to be told again */
  onStatus(status: StatusDocument): boolean;
  /** Every second while no answer comes. @param seconds since the last one */
  onSilence(seconds: number, why: string): void;
}

/** Asks for the status once a second while the page is looked at. */
export class Feed {
  readonly #watcher: FeedWatcher;
  #heardAt = performance.now();
  #knowsHistory = false;
  #timer: number | undefined;
  #asking = false;

  constructor(watcher: FeedWatcher) {
    this.#watcher = watcher;
  }

  start(): void {
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) {
        window.clearTimeout(this.#timer);
        this.#knowsHistory = false;
      } else {
        this.#heardAt = performance.now();
        void this.#ask();
      }
    });
    void this.#ask();
  }

  /** Asks now; what was done by hand shows at once. */
  hurry(): void {
    void this.#ask();
  }

  /** Never rejects. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    window.clearTimeout(this.#timer);
    const began = performance.now();
    try {
      if (!this.#knowsHistory) {
        this.#watcher.onHistory((await getJson('history')) as ProxyHistory);
        this.#knowsHistory = true;
      }
      this.#knowsHistory = this.#watcher.onStatus((await getJson('status')) as StatusDocument);
      this.#heardAt = performance.now();
    } catch (error) {
      this.#knowsHistory = false;
      this.#watcher.onSilence((performance.now() - this.#heardAt) / 1_000, reason(error));
    }
    this.#asking = false;
    if (document.hidden) return;
    this.#timer = window.setTimeout(() => void this.#ask(), Math.max(0, INTERVAL - (performance.now() - began)));
  }
}

async function getJson(path: string): Promise<unknown> {
  const answer = await fetch(path, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${(await answer.text()).slice(0, 200)}`);
  const document: unknown = await answer.json();
  return document;
}

function reason(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `nothing came within ${PATIENCE / 1_000} s`;
  // Of what goes wrong on the network a page is told nothing more.
  return error instanceof TypeError || !(error instanceof Error)
    ? 'the admin listener cannot be reached'
    : error.message;
}
