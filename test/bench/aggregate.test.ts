import { expect, test } from 'vitest';
import type { Sample } from './aggregate.js';
import { aggregate, median } from './aggregate.js';

const PLAIN = { nginx: 'nginx', direct: 'direct' };

function sample(contender: string, round: number, figures: Record<string, number>, variant = 'one'): Sample {
  return { scenario: 'echo', variant, parameters: { connections: 1 }, contender, round, figures };
}

test('the median of an even number of values is the mean of the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7]);
  expect(median([])).toBeNaN();
});

test('a row has median, least and most of every figure over the rounds', () => {
  const [row] = aggregate(
    [10, 30, 20].map((rate, index) => sample('nginx', index + 1, { rate })),
    () => PLAIN,
  );
  expect(row).toMatchObject({ contender: 'nginx', rounds: 3, median: { rate: 20 }, range: { rate: [10, 30] } });
});

test('ratios are of the same round, so that a machine that becomes slower changes none', () => {
  const rows = aggregate(
    [
      sample('direct', 1, { rate: 1_000 }),
      sample('nginx', 1, { rate: 500, proxyCpu: 4 }),
      sample('pinwheel', 1, { rate: 800, proxyCpu: 6 }),
      sample('direct', 2, { rate: 100 }),
      sample('nginx', 2, { rate: 50, proxyCpu: 40 }),
      sample('pinwheel', 2, { rate: 80, proxyCpu: 60 }),
    ],
    () => PLAIN,
  );
  const pinwheel = rows.find((row) => row.contender === 'pinwheel');
  expect(pinwheel?.toNginx).toEqual({ rate: 1.6, proxyCpu: 1.5 });
  expect(pinwheel?.toDirect).toEqual({ rate: 0.8 });
});

test('a contender is compared with the references of its kind', () => {
  const rows = aggregate(
    [sample('nginx', 1, { rate: 100 }), sample('nginx TLS', 1, { rate: 10 }), sample('pinwheel TLS', 1, { rate: 5 })],
    (name) => (name === 'pinwheel TLS' ? { nginx: 'nginx TLS', direct: 'direct' } : PLAIN),
  );
  expect(rows.find((row) => row.contender === 'pinwheel TLS')?.toNginx).toEqual({ rate: 0.5 });
});

test('a round that a reference lacks, and a figure that is 0 there, give no ratio', () => {
  const rows = aggregate(
    [
      sample('nginx', 2, { rate: 100, errors: 0 }),
      sample('pinwheel', 1, { rate: 1 }),
      sample('pinwheel', 2, { rate: 50, errors: 1 }),
    ],
    () => PLAIN,
  );
  expect(rows.find((row) => row.contender === 'pinwheel')?.toNginx).toEqual({ rate: 0.5 });
});

test('variants are kept apart', () => {
  const rows = aggregate([sample('nginx', 1, { rate: 1 }), sample('nginx', 1, { rate: 2 }, 'other')], () => PLAIN);
  expect(rows.map((row) => [row.variant, row.median['rate']])).toEqual([
    ['one', 1],
    ['other', 2],
  ]);
});
