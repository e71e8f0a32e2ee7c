import { now } from './clock.js';

/**
 * One timeout of one connection, moved on every sign of life. Moving it is an addition and a comparison: the timer behind
 * it is set again only when it fires early or has to fire sooner.
 */
export class Deadline {
  readonly #onExpire: () => void;
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #fires = Number.POSITIVE_INFINITY;

  constructor(onExpire: () => void) {
    this.#onExpire = onExpire;
  }

  /** Expires in `ms` milliseconds unless set or cleared again before. */
  set(ms: number): void {
    this.#due = now() + ms;
    if (this.#due < this.#fires) this.#start(ms);
  }

  clear(): void {
    this.#due = Number.POSITIVE_INFINITY;
  }

  /** Clears for good and lets go of the timer. */
  close(): void {
    this.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#fires = Number.POSITIVE_INFINITY;
  }

  #start(ms: number): void {
    clearTimeout(this.#timer);
    this.#fires = now() + ms;
    this.#timer = setTimeout(this.#onFire, ms);
    this.#timer.unref();
  }

  readonly #onFire = (): void => {
    this.#timer = undefined;
    this.#fires = Number.POSITIVE_INFINITY;
    if (this.#due === Number.POSITIVE_INFINITY) return;
    const left = this.#due - now();
    // Timers count whole milliseconds and may fire a fraction early.
    if (left < 1) {
      this.#due = Number.POSITIVE_INFINITY;
      this.#onExpire();
    } else {
      this.#start(left);
    }
  };
}
