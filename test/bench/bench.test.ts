import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allGone, descendants, endPrograms, startProgram } from '@pinwheel/testing/program';

const MAIN = 'test/dist/bench/main.js';
const SMALL = ['--quick', '--scenario', 'ws-echo', '--rounds', '2', '--seconds', '0.2'];

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinwheel-bench-test-'));
});
afterEach(async () => {
  await endPrograms();
  rmSync(folder, { recursive: true });
});

test('a run prints a table and writes JSON with the figures of every round', async () => {
  const json = join(folder, 'bench.json');
  const bench = startProgram(MAIN, [
    ...SMALL,
    '--contender',
    'direct',
    '--contender',
    'pinwheel-tunnel',
    '--json',
    json,
  ]);
  expect(await bench.ended).toEqual({ code: 0, signal: null });

  expect(bench.stdout).toContain('## ws-echo');
  expect(bench.stdout).toMatch(/\| 50 x 64 B, 1 in flight, through +\| +message\/s \| +p50 ms \|/);
  expect(bench.stdout).toMatch(/^\| direct +\| +\d+ \| +\d+\.\d\d \|/m);
  expect(bench.stdout).toMatch(/^\| pinwheel tunnel +\| +\d+ \|/m);
  const report: unknown = JSON.parse(readFileSync(json, 'utf8'));
  const number: unknown = expect.any(Number);
  expect(report).toMatchObject({
    machine: { cpus: number, node: process.version },
    plan: { rounds: 2, clock: { window: 200 } },
    contenders: [
      { name: 'direct', missing: null },
      { name: 'pinwheel tunnel', missing: null },
    ],
    results: [
      {
        scenario: 'ws-echo',
        parameters: { connections: 50, bytes: 64, inFlight: 1 },
        contender: 'direct',
        rounds: 2,
        median: { rate: number, p50: number, p99: number },
        toDirect: { rate: 1 },
      },
      { contender: 'pinwheel tunnel', range: { rate: [number, number] }, toDirect: { rate: number } },
    ],
    samples: expect.objectContaining({ length: 4 }),
    failures: [],
  });
});

test('SIGINT ends every process that was started', async () => {
  const bench = startProgram(MAIN, [...SMALL, '--rounds', '1000', '--contender', 'pinwheel tunnel']);
  await bench.line('stderr', /round 2 of 1000/);
  const processes = descendants(bench.pid);
  // The generator, the backend, the balancer.
  expect(processes).toHaveLength(3);
  bench.child.kill('SIGINT');
  expect(await bench.ended).toEqual({ code: 130, signal: null });
  await allGone(processes);
});

test.each([
  [['--scenario', 'echo'], /^bench: --scenario: expected one of ws-echo, polling, .*, got "echo"$/m],
  [['--contender', 'apache'], /^bench: --contender: expected one of direct, .*, got "apache"$/m],
  [['--seconds', '0'], /^bench: --seconds: expected a number from 0\.1 to 600, got "0"$/m],
  [['--json', '/no/such/folder/file'], /^bench: --json: expected a file that can be written, got /m],
  [
    ['--scenario', 'policy', '--variant', 'no such'],
    /^bench: --variant: expected a part of the name of a variant, got "no such"$/m,
  ],
  [['--fast'], /^bench: unknown flag --fast \(see --help\)$/m],
])('%j is one clear line and exit code 2', async (args, line) => {
  const bench = startProgram(MAIN, args);
  expect(await bench.ended).toEqual({ code: 2, signal: null });
  expect(bench.stderr).toMatch(line);
  expect(bench.stderr.match(/^bench: /gm)).toHaveLength(1);
});
