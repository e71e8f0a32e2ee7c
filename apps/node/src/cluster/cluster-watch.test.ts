import type { ClusterView } from '@pinwheel/protocol';
import { embeddedRedis, hasRedisServer, redisServer } from '@pinwheel/testing/redis-process';
import { until } from '@pinwheel/testing/until';
import { expect, it } from 'vitest';
import { afterwards, ask, client, node } from '../testing/index.js';

it('nodes report to each other while a page watches', async () => {
  const redis = await (hasRedisServer ? redisServer() : embeddedRedis());
  afterwards(() => redis.kill());
  const [one, two] = [
    await node({ server: 'Server1', redisUrl: redis.url }),
    await node({ server: 'Server2', redisUrl: redis.url }),
  ];
  const views: ClusterView[] = [];
  const a = await client(one.url);
  const b = await client(two.url, { transports: ['polling'] });
  await ask(b, 'echo', 1);
  a.on('cluster', (view) => views.push(view));
  expect(await ask(a, 'watch')).toEqual({ ok: true });
  const both = await until('both nodes are in the view', () => views.find(({ nodes }) => nodes.length === 2));
  expect(both).toMatchObject({
    redis: 'up',
    controls: [],
    nodes: [
      { server: 'Server1', state: 'up', websocket: 1, polling: 0 },
      { server: 'Server2', state: 'up', websocket: 0, polling: 1, events: 1, said: 0 },
    ],
  });
  await until('both nodes have measured Redis', () =>
    views.at(-1)?.nodes.every(({ redisMs }) => redisMs !== undefined),
  );
  await redis.kill();
  await until('the view says that Redis is down', () => views.at(-1)?.redis === 'down');
});

it('a node sends views only to clients that asked, and refuses controls unless it was started with them', async () => {
  const one = await node();
  const [a, b] = [await client(one.url), await client(one.url)];
  const views: string[] = [];
  b.on('cluster', () => views.push('b'));
  const first = new Promise<ClusterView>((resolve) => a.once('cluster', resolve));
  await ask(a, 'watch');
  expect(await first).toMatchObject({ redis: 'none', nodes: [{ server: 'Server1' }] });
  expect(await ask(b, 'control', 'kill', 'Server1')).toMatchObject({ ok: false, error: { code: 'unavailable' } });
  expect(views).toEqual([]);
});

it('a node refuses unknown verbs and names', async () => {
  const one = await node({ controls: true });
  const a = await client(one.url);
  for (const args of [[], ['explode', 'Server1'], ['kill', 7], [{}, 'Server1']]) {
    expect(await ask(a, 'control', ...args)).toMatchObject({ ok: false, error: { code: 'bad_argument' } });
  }
});
