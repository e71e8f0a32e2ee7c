import type { ProxyHistory } from '@pinwheel/proxy';
import type { ClusterStatus } from '@pinwheel/admin';

/** Milliseconds between two requests, and until an answer counts as missing. */
const INTERVAL = 1_000;
const PATIENCE = 4_000;

/** The status of a balancer alone, or of a cluster. */
export type StatusDocument = Omit<ClusterStatus, 'url' | 'nodes' | 'redis'> & Partial<ClusterStatus>;

export interface FeedWatcher {
  /** The history of the last seconds; called before the first status and after every interruption. */
  onHistory(history: ProxyHistory): void;
  /** @returns false when the history is needed again */
  onStatus(status: StatusDocument): boolean;
  /** Called every second while there is no answer. @param seconds since the last one */
  onSilence(seconds: number, why: string): void;
}

/** Requests the status once a second while the page is visible. */
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

  /** Requests the status now, so that the effect of a button shows at once. */
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
  if (error instanceof DOMException && error.name === 'TimeoutError') return `no answer within ${PATIENCE / 1_000} s`;
  // Browsers do not give a page the reason of a network error.
  return error instanceof TypeError || !(error instanceof Error)
    ? 'the admin listener cannot be reached'
    : error.message;
}
