import { performance } from 'node:perf_hooks';

/**
 * The time, read at most once while what came in one read is worked through: there it is asked for at every step, and
 * no step takes long (nginx: the cached time of `ngx_timeofday`). The global `performance` is a getter, called each time.
 */

let isHeld = false;
let held: number | undefined;

/** Milliseconds of a clock that never goes back, as `performance.now()`. */
export function now(): number {
  if (!isHeld) return performance.now();
  held ??= performance.now();
  return held;
}

/** From now until `releaseClock` it is one and the same time. */
export function holdClock(): void {
  isHeld = true;
}

export function releaseClock(): void {
  isHeld = false;
  held = undefined;
}
