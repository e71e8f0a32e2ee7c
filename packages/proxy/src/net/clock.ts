import { performance } from 'node:perf_hooks';

/**
 * A clock that is read at most once while the bytes of one read are processed, where many steps need the time and none
 * takes long (nginx: the cached time of `ngx_timeofday`). `performance` is imported because the global is a getter.
 */

let isHeld = false;
let isRead = false;
/** A typed array, because storing a double in a variable allocates a heap number each time (V8). */
const held = new Float64Array(1);

/** Milliseconds of a monotonic clock, the same as `performance.now()` while the clock is not held. */
export function now(): number {
  if (!isHeld) return performance.now();
  if (!isRead) {
    isRead = true;
    held[0] = performance.now();
  }
  return held[0] ?? 0;
}

/** Until `releaseClock`, `now` returns the same time at every call. */
export function holdClock(): void {
  isHeld = true;
}

export function releaseClock(): void {
  isHeld = false;
  isRead = false;
}
