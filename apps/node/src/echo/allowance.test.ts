import { expect, it } from 'vitest';
import { TokenBucket } from './allowance.js';

it('a token bucket lets its burst through at once, and then its rate', () => {
  let now = 0;
  const bucket = new TokenBucket(10, 20, () => now);
  const taken = (): number => {
    let count = 0;
    while (bucket.take(1)) count += 1;
    return count;
  };
  expect(taken()).toBe(20);
  now = 100;
  expect(taken()).toBe(1);
  now = 1_100;
  expect(taken()).toBe(10);
  now = 1_000_000;
  expect(taken()).toBe(20);
  expect(bucket.take(1)).toBe(false);
});
