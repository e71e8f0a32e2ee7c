import { expect, it } from 'vitest';
import { noCounts } from '../accounting/counts.js';
import { liveProgress, type Second } from './live.js';
import type { SeriesPoint } from './result.js';

const second: Second = {
  second: 1,
  online: 12,
  started: 12,
  counts: { ...noCounts(), missingOnline: 2, duplicated: 1 },
  outstanding: 0,
  disconnects: 0,
  failures: 0,
  p50: 1.25,
  p99: 20,
  max: 30,
  deliveries: 1_200,
  nodes: { Server1: 8, Server2: 4 },
  cpuPercent: 7.4,
};
const point: SeriesPoint = {
  at: 7,
  phase: 'measuring',
  clients: 12,
  online: 12,
  sent: 120,
  deliveries: 1_200,
  missing: 2,
  cpuPercent: 7.4,
};

function written(screen: { isTTY?: boolean; columns?: number }): string[] {
  const texts: string[] = [];
  const progress = liveProgress({ ...screen, write: (text) => texts.push(text) });
  progress.second(second, point);
  progress.second(second, point);
  progress.note('kill Server2: done');
  return texts;
}

it('a pipe gets one plain line per second', () => {
  const line =
    '  7s measuring  online 12/12  sent 120/s  delivered 1,200/s  p50 1.25 ms  p99 20 ms  missing 2  duplicated 1  cpu 7 %\n';
  expect(written({})).toEqual([line, line, 'kill Server2: done\n']);
});

it('a terminal gets a table that replaces the previous one and fits its width', () => {
  const texts = written({ isTTY: true, columns: 60 });
  const table = texts[0] ?? '';
  const lines = table.trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toHaveLength(59);
  expect(lines[1]).toMatch(/^ {2}Server1 █{30} 8$/);
  expect(lines[2]).toMatch(/^ {2}Server2 █{15} {16}4$/);
  const erase = '\x1b[3A\x1b[0J';
  expect(texts).toEqual([table, erase, table, erase, 'kill Server2: done\n']);
});
