import { expect, test } from 'vitest';
import { holdClock, now, releaseClock } from './clock.js';

/** Waits synchronously. */
function spin(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('a held clock stands still from its first reading', () => {
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
