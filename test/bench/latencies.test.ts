import { expect, test } from 'vitest';
import { Latencies } from './load/latencies.js';

test('percentiles cover all times, fast and slow', () => {
  const latencies = new Latencies();
  for (let i = 1; i <= 98; i++) latencies.add(i / 100);
  latencies.add(250);
  latencies.add(400);
  expect([0.5, 0.98, 0.99, 1].map((share) => latencies.percentile(share))).toEqual([0.5, 0.98, 250, 400]);
  latencies.clear();
  expect(latencies.percentile(0.5)).toBeNaN();
});
