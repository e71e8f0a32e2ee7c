/** Milliseconds before the first restart, and before any restart at most. */
const FIRST = 200;
const LAST = 5_000;
/** Milliseconds of health after which the delay starts again at its first value. */
const HEALTHY = 10_000;

/** The delay before a process that keeps exiting is restarted: 200 ms, doubled each time, at most 5 s. */
export class BackOff {
  #next = FIRST;

  /** @param health milliseconds that the process was healthy before it exited */
  delayAfter(health: number): number {
    if (health >= HEALTHY) this.#next = FIRST;
    const delay = this.#next;
    this.#next = Math.min(delay * 2, LAST);
    return delay;
  }
}
