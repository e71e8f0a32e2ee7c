/** Milliseconds before the first restart, and at most. */
const FIRST = 200;
const LAST = 5_000;
/** Milliseconds of good health after which the next restart is a first one again. */
const HEALTHY = 10_000;

/** How long to wait before something that keeps ending is started again: 200 ms, doubled each time, at most 5 s. */
export class BackOff {
  #next = FIRST;

  /** @param health milliseconds that it was healthy before it ended */
  delayAfter(health: number): number {
    if (health >= HEALTHY) this.#next = FIRST;
    const delay = this.#next;
    this.#next = Math.min(delay * 2, LAST);
    return delay;
  }
}
