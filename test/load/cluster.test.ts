import { afterEach, expect, test } from 'vitest';
import { type Program, endPrograms, startProgram } from '@pinwheel/testing/program';
import { load, type Loaded } from './load-program.js';

afterEach(endPrograms);

/** The program of `npm start` on free ports, with its own admin listener. */
async function startCluster(
  nodes: number,
  ...more: string[]
): Promise<{ url: string; admin: string; program: Program }> {
  const flags = ['--nodes', String(nodes), '--port', '0', '--node-port', '0', '--admin-port', '0', ...more];
  const program = startProgram('apps/cluster/dist/main.js', flags, { REDIS_URL: '' });
  const url = (await program.line('stdout', /^ready /)).split(' ')[1] ?? '';
  const admin = (await program.line('stderr', /^admin \| listens on /)).split(' ').at(-1) ?? '';
  return { url, admin, program };
}

const SHAPE = '--clients 80 --rooms 8 --rate 5 --warmup 300ms --arrival 400/s'.split(' ');

/** Checks the counts to the unit, over all messages and by the paths that they took. */
function expectBalance({ counts, paths }: Loaded['result']['stage']): void {
  expect(counts.sent + counts.unsent).toBe(counts.scheduled);
  expect(counts.received + counts.late + counts.missingOnline + counts.missingOffline).toBe(counts.expected);
  expect(paths.reduce((sum, path) => sum + path.due, 0)).toBe(counts.expected);
  for (const path of paths) expect(path.due).toBe(path.delivered + path.missing + path.late);
  expect(counts).toMatchObject({ duplicated: 0, outOfOrder: 0 });
}

test('through four nodes every message reaches everyone in its room, once and in order', async () => {
  const { url } = await startCluster(4, '--policy', 'round_robin');
  const { ended, result } = await load([
    url,
    ...SHAPE,
    ...'--transport upgrade:75,polling:25 --duration 2s --settle 500ms'.split(' '),
  ]);
  expect([0, 3]).toContain(ended.code);
  expect(result.stage.counts).toEqual({
    scheduled: 80,
    sent: 80,
    unsent: 0,
    expected: 800,
    received: 800,
    late: 0,
    missingOnline: 0,
    missingOffline: 0,
    missingSenderCut: 0,
    duplicated: 0,
    outOfOrder: 0,
    unexpected: 0,
  });
  const { connect, nodes } = result.stage;
  expect([connect.pollingHandshake.count, connect.connect.count, connect.upgrade.count]).toEqual([80, 80, 60]);
  expect(nodes.map((node) => node.name)).toEqual(['Server1', 'Server2', 'Server3', 'Server4']);
});

test.each(['kill', 'drain'])(
  'after a %s of one of two nodes no client is lost, and no message between two clients that stayed connected',
  async (verb) => {
    const { admin, program, url } = await startCluster(2);
    const { ended, result } = await load([
      url,
      ...SHAPE,
      ...`--duration 3500ms --settle 1s --admin ${admin} --${verb} Server2@500ms`.split(' '),
      '--assert',
      'missing.connected==0',
      'neverReturned==0',
      'connect.failed==0',
    ]);
    // On a busy machine the first warning of the report is about the generator itself.
    expect([0, 3]).toContain(ended.code);
    await program.line('stderr', new RegExp(`^admin \\| Server2 ${verb}: `));
    const { churn, counts, verdicts } = result.stage;
    expectBalance(result.stage);
    expect(counts.scheduled).toBe(140);
    expect(counts.received).toBeGreaterThan(0.9 * counts.expected);
    expect(verdicts.map(({ holds }) => holds)).toEqual([true, true, true]);
    expect(churn).toMatchObject({ online: 80, disconnects: 40, reconnects: 40, neverReturned: 0 });
    expect(churn.reconnect.count).toBe(40);
    expect(result.actions).toMatchObject([{ verb, node: 'Server2', atMs: 500 }]);
  },
);
