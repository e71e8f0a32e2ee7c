import { createServer } from 'node:http';
import { type Cluster, startCluster } from '@pinwheel/cluster';
import { afterEach, expect, test } from 'vitest';
import { endPrograms } from '../fixture/program.js';
import { load } from './load-program.js';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  await endPrograms();
  for (const close of closing.splice(0)) await close();
});

/** Four nodes behind the balancer, and an admin listener that does what the load tester asks for. */
async function fourNodes(): Promise<{ url: string; admin: string; asked: string[] }> {
  const cluster: Cluster = await startCluster({ nodes: 4, port: 0, nodePort: 0 });
  closing.push(() => cluster.stop(0));
  const asked: string[] = [];
  const admin = createServer((request, response) => {
    const node = /^\/nodes\/(\w+)\/kill$/.exec(request.url ?? '')?.[1];
    if (request.method === 'GET') response.end(JSON.stringify({ nodes: [] }));
    else if (node === undefined || request.headers['x-pinwheel-admin'] !== '1') response.writeHead(404).end('{}');
    else {
      asked.push(`${request.method} ${request.url}`);
      void cluster.kill(node).then(() => response.end('{"ok":true}'));
    }
  });
  await new Promise<void>((resolve) => {
    admin.listen(0, '127.0.0.1', resolve);
  });
  closing.unshift(() => admin.close());
  const address = admin.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: cluster.url, admin: `http://127.0.0.1:${port}`, asked };
}

test('through four nodes every message reaches everyone in its room, once and in order, also beside a killed node', async () => {
  const { admin, asked, url } = await fourNodes();
  const shape = '--clients 80 --rooms 8 --rate 5 --warmup 300ms --arrival 400/s';
  const whole = await load([
    url,
    ...`${shape} --transport upgrade:75,polling:25 --duration 2s --settle 500ms`.split(' '),
  ]);
  expect([0, 3]).toContain(whole.ended.code);
  expect(whole.result.stage.counts).toEqual({
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
  const { connect } = whole.result.stage;
  expect([connect.pollingHandshake.count, connect.connect.count, connect.upgrade.count]).toEqual([80, 80, 60]);

  const killed = await load([
    url,
    ...`${shape} --duration 4s --settle 1500ms --admin ${admin} --kill Server2@500ms`.split(' '),
  ]);
  expect([0, 3]).toContain(killed.ended.code);
  expect(asked).toEqual(['POST /nodes/Server2/kill']);
  const { churn, counts, nodes, paths } = killed.result.stage;
  expect(counts.scheduled).toBe(160);
  expect(counts.sent + counts.unsent).toBe(counts.scheduled);
  expect(counts.received + counts.late + counts.missingOnline + counts.missingOffline).toBe(counts.expected);
  expect(paths.reduce((sum, path) => sum + path.due, 0)).toBe(counts.expected);
  for (const path of paths) expect(path.due).toBe(path.delivered + path.missing + path.late);
  expect(counts).toMatchObject({ duplicated: 0, outOfOrder: 0 });
  expect(nodes.map((node) => node.name)).toEqual(['Server1', 'Server2', 'Server3', 'Server4']);
  expect(churn.disconnects).toBe(20);
  expect(churn).toMatchObject({ online: 80, reconnects: 20, neverReturned: 0 });
  expect(churn.reconnect.count).toBe(20);
});
