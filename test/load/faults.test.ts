import { afterEach, expect, test } from 'vitest';
import { makeCertificate } from '../classics/certificates.js';
import { endPrograms } from '@pinwheel/testing/program';
import { type Faults, type FaultyServer, startFaultyServer } from './faulty-server.js';
import { load } from './load-program.js';

const servers: FaultyServer[] = [];

afterEach(async () => {
  await endPrograms();
  for (const server of servers.splice(0)) await server.close();
});

async function faulty(faults: Faults): Promise<FaultyServer> {
  const server = await startFaultyServer(faults);
  servers.push(server);
  return server;
}

test.each(['with lean clients', 'with --stock-client'])(
  'every fault of a server is counted to the unit %s',
  async (clients) => {
    const server = await faulty({ dropEvery: 100, duplicateEvery: 200, swaps: 1, delayMs: 50 });
    const { ended, result } = await load([
      server.url,
      ...'--clients 40 --rooms 4 --rate 20 --duration 2s --warmup 0s --settle 1s --arrival 1000/s'.split(' '),
      '--assert',
      'missing==0',
      ...clients.split(' ').filter((word) => word.startsWith('--')),
    ]);
    const { stage } = result;
    const { counts } = stage;
    expect(counts).toMatchObject({ scheduled: 160, sent: 160, unsent: 0, expected: 1_600, late: 0, unexpected: 0 });
    expect(server.done).toEqual({ deliveries: 1_600, dropped: 16, duplicated: 7, swapped: 1 });
    expect(counts.missingOnline).toBe(server.done.dropped);
    expect(counts.missingOffline).toBe(0);
    expect(counts.duplicated).toBe(server.done.duplicated);
    expect(counts.outOfOrder).toBe(server.done.swapped);
    expect(counts.received).toBe(1_600 - server.done.dropped);
    expect(stage.latency.p50).toBeGreaterThan(49);
    expect(stage.latency.count).toBe(counts.received);
    expect(stage.verdicts).toEqual([{ text: 'missing==0', got: 16, holds: false }]);
    // On a busy machine the first warning of the report is about the generator itself.
    expect([99, 3]).toContain(ended.code);
  },
);

test('a stall of the server shows in the latency from the planned send and hides in the one from the actual send', async () => {
  const server = await faulty({ stall: { afterEchoes: 400, ms: 2_000 } });
  const { result } = await load([
    server.url,
    ...'--mode echo --transport polling --clients 10 --rate 50 --duration 4s --warmup 0s --arrival 1000/s --settle 2200ms'.split(
      ' ',
    ),
  ]);
  const { counts, latency, sendLatency } = result.stage;
  expect(counts).toMatchObject({ scheduled: 2_000, sent: 2_000, expected: 2_000, received: 2_000 });
  expect(latency.p99).toBeGreaterThan(1_700);
  expect(sendLatency.p99).toBeLessThan(1_000);
  expect(sendLatency.max).toBeGreaterThan(1_700);
});

test('over TLS, with WebSockets and upgrades, every message reaches everyone', async () => {
  const server = await startFaultyServer({}, makeCertificate({ subject: '/CN=localhost', names: ['localhost'] }));
  servers.push(server);
  const { result } = await load([
    server.url,
    ...'--clients 20 --rooms 4 --rate 10 --duration 1s --warmup 0s --settle 500ms --arrival 1000/s --size 2000'.split(
      ' ',
    ),
    ...'--transport websocket:50,upgrade:50'.split(' '),
  ]);
  const { connect, counts } = result.stage;
  expect(counts).toMatchObject({ sent: 40, expected: 200, received: 200, duplicated: 0, outOfOrder: 0 });
  expect(connect.upgrade.count).toBe(10);
  expect(connect.failures).toEqual({});
});
