import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compare, compareFiles } from './compare.js';
import { sampleResult } from './sample.js';

describe('a run compared with another', () => {
  it('is not worse when both are the same', () => {
    expect(compare(sampleResult(), sampleResult(), 0).regressed).toEqual([]);
  });

  it('is worse when it takes longer than allowed', () => {
    const { regressed } = compare(sampleResult({ latency: 20 }), sampleResult({ latency: 23 }), 10);
    expect(regressed).toEqual(['latency.p50', 'latency.p90', 'latency.p99']);
    expect(compare(sampleResult({ latency: 20 }), sampleResult({ latency: 23 }), 20).regressed).toEqual([]);
    expect(compare(sampleResult({ latency: 0.5 }), sampleResult({ latency: 1.2 }), 10).regressed).toEqual([]);
  });

  it('is worse with one more missing delivery, whatever is allowed, and with fewer deliveries', () => {
    expect(compare(sampleResult({ missing: 1 }), sampleResult({ missing: 2 }), 50).regressed).toEqual(['missing']);
    expect(compare(sampleResult(), sampleResult({ missing: 20 }), 10).regressed).toEqual([
      'deliveries.rate',
      'missing',
    ]);
  });
});

describe('the command compare', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinwheel-compare-'));
    await writeFile(join(folder, 'a.json'), JSON.stringify(sampleResult()));
    await writeFile(join(folder, 'b.json'), JSON.stringify(sampleResult({ latency: 9 })));
    await writeFile(join(folder, 'c.json'), '{"format":"other"}');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const compareAll = (...args: string[]): [number, string] => {
    const lines: string[] = [];
    const code = compareFiles(args, (line) => lines.push(line));
    return [code, lines.join('\n')];
  };

  it('shows two files side by side and exits with 99 for a regression', () => {
    const [code, text] = compareAll(join(folder, 'a.json'), join(folder, 'b.json'), '--max-regress', '10%');
    expect(code).toBe(99);
    expect(text).toMatch(/latency\.p99 +5\S* +9\S* +\+\d+\.\d % +WORSE/);
    expect(text).toContain('regressed: latency.p50');
    expect(compareAll(join(folder, 'b.json'), join(folder, 'a.json'))).toEqual([
      0,
      expect.stringContaining('no regression'),
    ]);
  });

  it('prints its help text with --help, and needs no files for that', () => {
    const [code, text] = compareAll('--help');
    expect(code).toBe(0);
    expect(text).toMatch(/^usage: pinwheel-load compare A\.json B\.json/);
    expect(text).toContain('--max-regress P%');
  });

  it.each([
    [['a.json'], 'compare needs two files, such as compare A.json B.json'],
    [['a.json', 'none.json'], 'cannot be read: ENOENT'],
    [['a.json', 'c.json'], 'expected a report of version 1 that --json wrote'],
    [['a.json', 'a.json', '--max-regress', 'much'], '--max-regress: expected a percentage such as 10%, got "much"'],
  ])('refuses %j', (args, message) => {
    const named = args.map((arg) => (arg.endsWith('.json') ? join(folder, arg) : arg));
    expect(() => compareAll(...named)).toThrow(message);
  });
});
