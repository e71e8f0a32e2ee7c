import fc from 'fast-check';
import { expect, it } from 'vitest';
import { figures, Times } from './histogram.js';

it('merged histograms equal one histogram of all times, to three digits', () => {
  const time = fc.integer({ min: 1, max: 100_000_000 }).map((micros) => micros / 1_000);
  fc.assert(
    fc.property(fc.array(fc.array(time, { maxLength: 40 }), { minLength: 1, maxLength: 4 }), (parts) => {
      const all = new Times();
      const encoded = parts.map((part) => {
        const own = new Times();
        for (const ms of part) {
          own.record(ms);
          all.record(ms);
        }
        return own.encode();
      });
      expect(figures(Times.merged(encoded))).toEqual(figures(all));
      const most = Math.max(0, ...parts.flat());
      expect(Math.abs((all.max ?? 0) - most)).toBeLessThanOrEqual(most / 1_000);
    }),
    { numRuns: 30 },
  );
});

it('cells contain the recorded times once', () => {
  const all = new Times(2);
  const together = new Times(2);
  for (const part of [[0, 1.5, 800], [], [3_000, 0.2]]) {
    const own = new Times(2);
    for (const ms of part) {
      own.record(ms);
      all.record(ms);
    }
    together.addCells(own.takeCells());
    expect(own.count).toBe(0);
    expect(own.takeCells()).toHaveLength(0);
  }
  expect(figures(together)).toEqual(figures(all));
});

it('a histogram without times has no figures', () => {
  expect(figures(new Times())).toEqual({ count: 0 });
});

it('a negative time counts as 0', () => {
  const times = new Times();
  times.record(-0.001);
  expect(figures(times)).toMatchObject({ count: 1, max: 0 });
});

it('a histogram grows for long times', () => {
  const times = new Times();
  times.record(600_000);
  expect(times.max).toBeGreaterThan(599_000);
  expect(Times.merged([times.encode()]).max).toBe(times.max);
});
