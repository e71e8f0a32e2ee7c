import type { Cluster } from '@pinwheel/cluster';
import { startCluster } from '@pinwheel/cluster';
import type { PolicyName } from '@pinwheel/proxy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ClientOptions,
  connectAtOnce,
  connectInTurn,
  errorsOf,
  median,
  perServer,
} from '@pinwheel/testing/connect';

const kinds: readonly { name: string; options: ClientOptions; count: number }[] = [
  { name: 'default', options: {}, count: 200 },
  { name: 'polling', options: { transports: ['polling'] }, count: 100 },
  { name: 'websocket', options: { transports: ['websocket'] }, count: 100 },
];

describe.each<PolicyName>(['round_robin', 'ip_hash'])('two nodes behind %s', (policy) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ port: 0, nodePort: 0, policy, websocketPolicy: policy });
  });
  afterAll(() => cluster.stop(0));

  test.each(kinds)('$count $name clients in sequence connect at the first attempt', async ({ options, count }) => {
    const direct = await connectInTurn(cluster.nodes[0]?.url ?? '', 50, options);
    const through = await connectInTurn(cluster.url, count, options);
    expect(errorsOf(through)).toEqual([]);
    expect(Object.keys(perServer(through))).toHaveLength(policy === 'round_robin' ? 2 : 1);
    const ratio = median(through.map((one) => one.upgradeMs)) / median(direct.map((one) => one.upgradeMs));
    expect(ratio).toBeLessThan(3);
  });

  test.each(kinds)('50 $name clients at once connect at the first attempt', async ({ options }) => {
    const through = await connectAtOnce(cluster.url, 50, options);
    expect(errorsOf(through)).toEqual([]);
  });

  test('plain HTTP reaches a node and its readiness', async () => {
    const response = await fetch(`${cluster.url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ ready: true, redis: { state: 'ok' } });
  });
});

describe('the default policies', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ port: 0, nodePort: 0 });
  });
  afterAll(() => cluster.stop(0));

  test('the default policies pin the polling of one address to one node and spread its WebSockets over both', async () => {
    const polling = await connectInTurn(cluster.url, 10, { transports: ['polling'] });
    expect(Object.keys(perServer(polling))).toHaveLength(1);
    const websockets = await connectAtOnce(cluster.url, 40, { transports: ['websocket'] });
    const counts = Object.values(perServer(websockets));
    expect(counts).toHaveLength(2);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(15);
  });
});
