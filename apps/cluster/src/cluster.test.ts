import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startCluster } from './cluster.js';
import type { Cluster } from './cluster-types.js';

const FREE_PORTS = { port: 0, nodePort: 0 };

let cluster: Cluster | undefined;

afterEach(async () => {
  await cluster?.stop(0);
  cluster = undefined;
});

test('a crashed node is restarted on its port with its tag, and the balancer uses it', async () => {
  const lines: string[] = [];
  let isBack: () => void;
  const back = new Promise<void>((resolve) => {
    isBack = resolve;
  });
  cluster = await startCluster({
    ...FREE_PORTS,
    policy: 'round_robin',
    websocketPolicy: 'round_robin',
    log: (line) => {
      lines.push(line);
      if (line === 'Server2 is back') isBack();
    },
  });
  const before = cluster.nodes[1];
  await cluster.kill('Server2');
  expect(cluster.nodes[1]).toMatchObject({ pid: undefined, ready: false });
  expect(cluster.nodes[0]).toMatchObject({ ready: true });
  await back;
  expect(lines).toContain('Server2 exited unexpectedly (SIGKILL): restarting in 200 ms');
  const after = cluster.nodes[1];
  expect({ ...after, pid: 0 }).toEqual({ ...before, pid: 0 });
  expect(after?.pid).not.toBe(before?.pid);
  expect((await fetch(`${after?.url}/healthz`)).status).toBe(200);
});

test('kill refuses a name that no process has', async () => {
  cluster = await startCluster({ ...FREE_PORTS, nodes: 1 });
  await expect(cluster.kill('Server2')).rejects.toThrow('expected one of Server1, Redis, got Server2');
});

test('the status has every peer with its tag', async () => {
  cluster = await startCluster({ ...FREE_PORTS, nodes: 3 });
  const tags = cluster.status().upstreams[0]?.peers.map((peer) => peer.tag);
  expect(tags).toEqual(cluster.nodes.map((node) => node.tag));
});

test('the admin listener takes a free port when its usual one is in use, and closes with the cluster', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => {
    taken.listen(0, '127.0.0.1', resolve);
  });
  const { port } = taken.address() as AddressInfo;
  const lines: string[] = [];
  cluster = await startCluster({
    ...FREE_PORTS,
    nodes: 1,
    admin: { port, orAnother: true },
    log: (line) => lines.push(line),
  });
  taken.close();
  const { adminUrl = '' } = cluster;
  expect(adminUrl).not.toBe(`http://127.0.0.1:${port}`);
  expect(lines).toContain(`admin | listens on ${adminUrl}`);
  expect((await fetch(`${adminUrl}/status`)).status).toBe(200);
  await cluster.stop(0);
  await expect(fetch(`${adminUrl}/status`)).rejects.toThrow('fetch failed');
});

test('a cluster that stops while a node drains lets the node finish', async () => {
  const lines: string[] = [];
  cluster = await startCluster({ ...FREE_PORTS, log: (line) => lines.push(line) });
  const draining = cluster.controls.node('Server2', 'drain');
  await cluster.stop();
  await expect(draining).resolves.toMatchObject({ pending: true });
  expect(cluster.nodes.map(({ pid }) => pid)).toEqual([undefined, undefined]);
  expect(lines).toContain('admin | Server2 has drained and stays down');
});

test('an aborted start leaves nothing running', async () => {
  const stopping = new AbortController();
  const lines: string[] = [];
  const starting = startCluster({
    ...FREE_PORTS,
    signal: stopping.signal,
    log: (line) => lines.push(line),
  });
  stopping.abort();
  await expect(starting).rejects.toThrow('the cluster was stopped while it started');
});
