import { expect, test } from 'vitest';
import { holdClock, now, releaseClock } from './clock.js';

/** Lets time go by without giving up the processor. */
function spin(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('the clock stands still while it is held, from when it is first read', () => {
  const before = now();
  holdClock();
  spin(2);
  const first = now();
  spin(2);
  expect(now()).toBe(first);
  expect(first - before).toBeGreaterThanOrEqual(2);
  releaseClock();
  expect(now()).toBeGreaterThan(first);
});
