import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentMap } from './recent-map.js';

test('RecentMap keeps the entries that a plain list of recent keys keeps, over any order of operations', () => {
  const key = fc.integer({ min: 0, max: 12 }).map(String);
  const operation = fc.tuple(fc.constantFrom('set', 'use', 'peek', 'delete'), key);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(operation, { maxLength: 200 }), (limit, operations) => {
      const table = new RecentMap<number>(limit);
      /** Least recently used first. */
      let kept: { name: string; value: number }[] = [];
      operations.forEach(([what, name], value) => {
        const known = kept.find((one) => one.name === name);
        const found = what === 'use' ? table.use(name) : table.peek(name);
        expect(found).toBe(known?.value);
        if (what === 'peek') return;
        kept = kept.filter((one) => one !== known);
        if (what === 'use' && known !== undefined) kept.push(known);
        if (what === 'delete') table.delete(name);
        if (what === 'set') {
          table.set(name, value);
          kept = [...kept, { name, value }].slice(-limit);
        }
      });
      expect(table.size).toBe(kept.length);
      for (const { name, value } of kept) expect(table.peek(name)).toBe(value);
    }),
    { numRuns: 1_000 },
  );
});

test('a full RecentMap takes new entries as fast as an empty one', () => {
  const table = new RecentMap<number>(100_000);
  const fill = (from: number): number => {
    const start = performance.now();
    for (let i = from; i < from + 100_000; i++) table.set(`key-${i}`, i);
    return performance.now() - start;
  };
  const empty = fill(0);
  const full = [1, 2, 3].map((round) => fill(round * 100_000));
  expect(table.size).toBe(100_000);
  // Milliseconds. Walking over the gaps would take seconds per round.
  expect(Math.min(...full)).toBeLessThan(10 * empty + 300);
});
