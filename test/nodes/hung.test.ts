import { type Cluster, startCluster } from '@pinwheel/cluster';
import { afterEach, describe, expect, test } from 'vitest';
import { type ClientOptions, type Connected, connect } from '@pinwheel/testing/connect';

/** Milliseconds: four health checks, and the longest that a client waits by default before it reconnects. */
const MOVED = 6_000;

describe.each([
  ['given to their nodes', true],
  ['relayed', false],
])('a node hangs, WebSockets %s', (_how, handOff) => {
  let cluster: Cluster;
  let clients: Connected[] = [];

  afterEach(async () => {
    for (const { client } of clients) client.disconnect();
    clients = [];
    await cluster.stop(0);
  });

  async function connectMany(count: number, options: ClientOptions): Promise<Connected[]> {
    const more = await Promise.all(Array.from({ length: count }, () => connect(cluster.url, options)));
    clients.push(...more);
    return more;
  }

  test('clients of a hung node and new ones are on the other node within 6 s, and it receives clients again when it resumes', async () => {
    const log: string[] = [];
    const policies = { policy: 'round_robin', websocketPolicy: 'round_robin' } as const;
    cluster = await startCluster({ port: 0, nodePort: 0, handOff, ...policies, log: (line) => log.push(line) });
    for (const options of [{}, { transports: ['polling'] }, { transports: ['websocket'] }])
      await connectMany(6, options);
    const lost = clients.filter((one) => one.server === 'Server1');
    const kept = clients.filter((one) => one.server === 'Server2');
    expect([lost.length, kept.length]).toEqual([9, 9]);
    const noticed: string[] = [];
    for (const { client } of kept) client.on('disconnect', (reason) => noticed.push(reason));

    const hung = performance.now();
    const returns = lost.map(async ({ client }) => {
      const greeting = await new Promise<{ server: string }>((resolve) => client.once('server', resolve));
      return { server: greeting.server, ms: performance.now() - hung };
    });
    await cluster.kill('Server1', 'SIGSTOP');
    const back = await Promise.all(returns);
    expect(new Set(back.map((one) => one.server))).toEqual(new Set(['Server2']));
    expect(Math.max(...back.map((one) => one.ms))).toBeLessThan(MOVED);
    const late = await connectMany(2, {});
    expect(late.map((one) => [one.server, one.errors])).toEqual([
      ['Server2', []],
      ['Server2', []],
    ]);
    const pages = await Promise.all([1, 2].map(async () => (await fetch(`${cluster.url}/healthz`)).json()));
    expect(pages).toMatchObject([{ server: 'Server2' }, { server: 'Server2' }]);
    expect(noticed).toEqual([]);
    expect(log.filter((line) => line.includes('closing its connections'))).toHaveLength(1);

    await cluster.kill('Server1', 'SIGCONT');
    await answersAgain(cluster);
    const again = await connectMany(4, { transports: ['websocket'] });
    expect(new Set(again.map((one) => one.server))).toEqual(new Set(['Server1', 'Server2']));
    const echoes = await Promise.all(clients.map(({ client }, i) => client.timeout(5_000).emitWithAck('echo', i)));
    expect(echoes).toEqual(clients.map((_, i) => i));
    const held = cluster.status().upstreams[0]?.peers.map((peer) => peer.handedOff + peer.tunnels) ?? [];
    expect(held[0]).toBe(again.filter((one) => one.server === 'Server1').length);
    expect(log.filter((line) => line.endsWith('answers again'))).toHaveLength(1);
  });
});

/** Resolves when the balancer has noticed it; there is no event for that. */
async function answersAgain(cluster: Cluster): Promise<void> {
  const end = performance.now() + 5_000;
  while (cluster.status().upstreams[0]?.peers.some(({ state }) => state !== 'up') === true) {
    if (performance.now() > end) throw new Error(`not within 5 s: ${JSON.stringify(cluster.status())}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
