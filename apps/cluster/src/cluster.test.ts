import { afterEach, expect, test } from 'vitest';
import { type Cluster, startCluster } from './cluster.js';

const FREE_PORTS = { port: 0, nodePort: 0 };

let cluster: Cluster | undefined;

afterEach(async () => {
  await cluster?.stop(0);
  cluster = undefined;
});

test('a crashed node is started again on its port with its tag, and the balancer uses it', async () => {
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
  expect(lines).toContain('Server2 ended unasked (SIGKILL): starting it again in 200 ms');
  const after = cluster.nodes[1];
  expect({ ...after, pid: 0 }).toEqual({ ...before, pid: 0 });
  expect(after?.pid).not.toBe(before?.pid);
  expect((await fetch(`${after?.url}/healthz`)).status).toBe(200);
});

test('kill takes the names of the processes and no other', async () => {
  cluster = await startCluster({ ...FREE_PORTS, nodes: 1 });
  await expect(cluster.kill('Server2')).rejects.toThrow('expected one of Server1, Redis, got Server2');
});

test('status tells the peers, by their tags', async () => {
  cluster = await startCluster({ ...FREE_PORTS, nodes: 3 });
  const tags = cluster.status().upstreams[0]?.peers.map((peer) => peer.tag);
  expect(tags).toEqual(cluster.nodes.map((node) => node.tag));
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
