import { performance } from 'node:perf_hooks';

/**
 * The time, read at most once while what came in one read is worked through: there it is asked for at every step, and
 * no step takes long (nginx: the cached time of `ngx_timeofday`). The global `performance` is a getter, called each time.
 */

let isHeld = false;
let isRead = false;
/** A number of its own in the heap would be made for each reading. */
const held = new Float64Array(1);

/** Milliseconds of a clock that never goes back, as `performance.now()`. */
export function now(): number {
  if (!isHeld) return performance.now();
  if (!isRead) {
    isRead = true;
    held[0] = performance.now();
  }
  return held[0] ?? 0;
}

/** From now until `releaseClock` it is one and the same time. */
export function holdClock(): void {
  isHeld = true;
}

export function releaseClock(): void {
  isHeld = false;
  isRead = false;
}
