import { expect, test } from 'vitest';
import { Rate } from './rate.js';

test('samples are the differences of totals, the oldest first', () => {
  const rate = new Rate();
  expect(rate.status()).toEqual({ last: 0, max: 0, mean: 0, samples: [] });
  for (const total of [5, 5, 15, 18]) rate.add(total);
  expect(rate.status()).toEqual({ last: 3, max: 10, mean: 13 / 3, samples: [0, 10, 3] });
});

test('a status shows the last minute', () => {
  const rate = new Rate();
  for (let total = 0; total <= 100; total++) rate.add(total * total);
  const { samples, last, max } = rate.status();
  expect(samples).toHaveLength(60);
  expect([samples[0], last, max]).toEqual([81, 199, 199]);
  expect(rate.samples()).toHaveLength(100);
});

test('a rate remembers five minutes', () => {
  const rate = new Rate();
  for (let total = 0; total <= 400; total++) rate.add(total);
  expect(rate.samples()).toHaveLength(300);
});

test('a falling total gives the rate 0', () => {
  const rate = new Rate();
  for (const total of [10, 4, 6]) rate.add(total);
  expect(rate.status().samples).toEqual([0, 2]);
});
