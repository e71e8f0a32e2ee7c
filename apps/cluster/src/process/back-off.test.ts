import { expect, test } from 'vitest';
import { BackOff } from './back-off.js';

test('the delay doubles from 200 ms to 5 s while the process keeps exiting', () => {
  const backOff = new BackOff();
  expect(Array.from({ length: 7 }, () => backOff.delayAfter(0))).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
});

test('ten healthy seconds reset the delay', () => {
  const backOff = new BackOff();
  backOff.delayAfter(0);
  backOff.delayAfter(9_999);
  expect(backOff.delayAfter(10_000)).toBe(200);
});
