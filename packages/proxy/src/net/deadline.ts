import { now } from './clock.js';

/**
 * One timeout of one connection, postponed at every read or write. Postponing it costs an addition and a comparison: its
 * timer is restarted only when it fires early or has to fire sooner.
 */
export class Deadline {
  readonly #onExpire: () => void;
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #fires = Number.POSITIVE_INFINITY;

  constructor(onExpire: () => void) {
    this.#onExpire = onExpire;
  }

  /** Expires in `ms` milliseconds, unless `set` or `clear` is called before. */
  set(ms: number): void {
    this.#due = now() + ms;
    if (this.#due < this.#fires) this.#start(ms);
  }

  clear(): void {
    this.#due = Number.POSITIVE_INFINITY;
  }

  /** Clears the deadline and stops the timer, when the connection has closed. */
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
    // Timers have a resolution of a millisecond and may fire a fraction early.
    if (left < 1) {
      this.#due = Number.POSITIVE_INFINITY;
      this.#onExpire();
    } else {
      this.#start(left);
    }
  };
}
