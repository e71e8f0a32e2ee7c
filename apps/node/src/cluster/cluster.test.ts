import { connectRedis } from '@pinwheel/member';
import type { RedisLink } from '@pinwheel/member';
import {
  type RedisProcess,
  embeddedRedis,
  hasRedisServer,
  redisInstall,
  redisServer,
} from '@pinwheel/testing/redis-process';
import { until } from '@pinwheel/testing/until';
import { ADAPTERS } from '@pinwheel/protocol';
import type { AdapterName } from '@pinwheel/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { afterwards, ask, client, node } from '../testing/index.js';
import type { RunningNode } from '../node.js';

const redisServers = [
  { name: 'redis-server', start: redisServer, skip: !hasRedisServer },
  { name: 'js-redis-server', start: embeddedRedis, skip: false },
];
const setups = ADAPTERS.flatMap((adapter) => redisServers.map((server) => ({ ...server, adapter })));

/** Writes messages that no node would write to the places where this adapter reads. */
async function writeNonsense(stranger: RedisLink, adapter: AdapterName): Promise<void> {
  const strange = [
    Buffer.from([0xc1]),
    '{"type":0',
    '{"type":6,"uid":"x"}',
    '{"type":5}',
    'null',
    '{"type":0,"rooms":5}',
    '{"type":3,"uid":"x","nsp":"/"}',
  ];
  for (const message of strange) {
    if (adapter === 'streams') {
      const fields = ['uid', 'x', 'nsp', '/', 'type', '3', 'data', message];
      await stranger.commands.xadd('socket.io', '*', ...fields);
      await stranger.publish('socket.io#/#', message);
      continue;
    }
    for (const channel of [
      'socket.io#/#room lobby#',
      'socket.io#/#',
      'socket.io-request#/#',
      'socket.io-response#/#',
    ]) {
      if (adapter === 'redis') await stranger.publish(channel, message);
      else await stranger.commands.spublish(channel, message);
    }
  }
}

async function readyState(url: string): Promise<{ status: number; reason: string }> {
  const response = await fetch(`${url}/readyz`);
  const { redis } = (await response.json()) as { redis: { reason?: string } };
  return { status: response.status, reason: redis.reason ?? '' };
}

function ready(one: RunningNode): Promise<unknown> {
  return until(`${one.server} is ready`, async () => (await readyState(one.url)).status === 200);
}

async function pair(
  redis: RedisProcess,
  lines: string[] = [],
  adapter: AdapterName = 'redis',
): Promise<[RunningNode, RunningNode]> {
  const made = await Promise.all([
    node({ server: 'Server1', redisUrl: redis.url, adapter }, lines),
    node({ server: 'Server2', redisUrl: redis.url, adapter }, lines),
  ]);
  await Promise.all(made.map(ready));
  return made;
}

const members = (count: number): unknown => ({ ok: true, room: 'lobby', members: count });

describe.each(setups)('two nodes with the adapter $adapter over $name', ({ name, start, skip, adapter }) => {
  let redis: RedisProcess;

  beforeEach(async (context) => {
    if (skip) context.skip(`${name} ${redisInstall}`);
    redis = await start();
    afterwards(() => redis.kill());
  });

  it('nodes share counts, members and room messages', async () => {
    const [one, two] = await pair(redis, [], adapter);
    const [a, b] = [await client(one.url), await client(two.url, { transports: ['polling'] })];
    const heard: unknown[] = [];
    for (const socket of [a, b]) socket.on('said', (said) => heard.push(said));
    expect(await ask(a, 'join', 'lobby')).toEqual(members(1));
    expect(await ask(b, 'join', 'lobby')).toEqual(members(2));
    expect(await ask(a, 'join', 'lobby')).toEqual(members(2));
    for (const socket of [a, b]) {
      const who = (await ask(socket, 'who', 'lobby')) as { members: unknown[] };
      expect(who.members).toHaveLength(2);
      expect(who.members).toContainEqual({ id: a.id, server: 'Server1', transport: 'websocket' });
      expect(who.members).toContainEqual({ id: b.id, server: 'Server2', transport: 'polling' });
    }
    const payload = { text: '\u2028 <b>', data: Buffer.from([0, 200]), list: [null, 1.5, true] };
    expect(await ask(b, 'say', 'lobby', payload)).toEqual({ ok: true });
    await until('both clients have it', () => heard.length === 2);
    const said = { room: 'lobby', from: b.id, server: 'Server2', number: 1, payload };
    expect(heard).toEqual([said, said]);
    expect(await ask(a, 'leave', 'lobby')).toEqual(members(1));
    b.disconnect();
    await until(
      'the other is gone',
      async () => ((await ask(a, 'leave', 'lobby')) as { members: number }).members === 0,
    );
  });

  it('nodes deliver room messages of each other as soon as a join is acknowledged', async () => {
    const [one, two] = await pair(redis, [], adapter);
    const [a, b] = [await client(one.url), await client(two.url)];
    for (let number = 0; number < 30; number++) {
      const room = `room ${number}`;
      await ask(a, 'join', room);
      const heard = new Promise((resolve) => b.once('said', (said) => resolve(said.payload)));
      await ask(b, 'join', room);
      a.emit('say', room, number, () => undefined);
      expect(await heard).toBe(number);
    }
  });

  it('nodes serve their own clients while Redis is down, and share rooms again when it is back', async () => {
    const lines: string[] = [];
    const [one, two] = await pair(redis, lines, adapter);
    const [a, b] = [await client(one.url), await client(two.url)];
    const heard: unknown[] = [];
    b.on('said', (said) => heard.push(said.payload));
    await ask(a, 'join', 'lobby');
    await ask(b, 'join', 'lobby');

    await redis.kill();
    const gone = await until('the node is not ready', async () => {
      const state = await readyState(one.url);
      return state.status === 503 ? state : undefined;
    });
    expect(gone.reason).toMatch(/^not connected to 127\.0\.0\.1:\d+: connection/);
    expect(await ask(a, 'join', 'other')).toEqual({ ok: true, room: 'other', members: 1 });
    expect(await ask(a, 'join', 'lobby')).toEqual(members(1));
    expect(await ask(a, 'say', 'lobby', 'lost')).toEqual({ ok: true });
    expect(await ask(a, 'who', 'lobby')).toEqual({
      ok: true,
      members: [{ id: a.id, server: 'Server1', transport: 'websocket', said: 1 }],
    });
    const late = await client(one.url);
    expect(await ask(late, 'message', 'new here')).toBe('Server received from client: new here');

    await redis.start();
    await Promise.all([ready(one), ready(two)]);
    await ask(a, 'say', 'lobby', 'back');
    await until('the client of the other node has it', () => heard.length === 1);
    expect(heard).toEqual(['back']);
    await until(
      'counts are complete',
      async () => ((await ask(a, 'join', 'lobby')) as { members: number }).members === 2,
    );
    expect(lines.filter((line) => line.includes('this node serves its own clients'))).toHaveLength(2);
    expect(lines.some((line) => /connected; [1-9]\d* messages to other nodes were dropped/.test(line))).toBe(true);
  });

  it('nodes drop and log foreign messages in Redis', async () => {
    const lines: string[] = [];
    const [one, two] = await pair(redis, lines, adapter);
    const [a, b] = [await client(one.url), await client(two.url)];
    await ask(a, 'join', 'lobby');
    await ask(b, 'join', 'lobby');
    const stranger = connectRedis(redis.url);
    afterwards(() => stranger.close());
    await until('the stranger is connected', () => stranger.ready);
    await writeNonsense(stranger, adapter);
    const heard = new Promise((resolve) => b.once('said', (said) => resolve(said.payload)));
    await ask(a, 'say', 'lobby', 'still here');
    expect(await heard).toBe('still here');
    expect(lines.some((line) => line.startsWith('dropped a message of another node that cannot be read'))).toBe(true);
  });
});

it('nodes answer within their time limits while Redis hangs, with every adapter', async () => {
  const redis = await embeddedRedis();
  afterwards(() => redis.kill());
  const nodes = await Promise.all(
    ADAPTERS.map(async (adapter) => {
      const [one] = await pair(redis, [], adapter);
      const a = await client(one.url);
      const room = `lobby of ${adapter}`;
      await ask(a, 'join', room);
      return { one, a, room };
    }),
  );
  redis.hang();
  await Promise.all(
    nodes.map(async ({ one, a, room }) => {
      const began = performance.now();
      expect(await ask(a, 'join', 'other')).toEqual({ ok: true, room: 'other', members: 1 });
      const heard = new Promise((resolve) => a.once('said', (said) => resolve(said.payload)));
      expect(await ask(a, 'say', room, 'x')).toEqual({ ok: true });
      expect(await heard).toBe('x');
      expect(await ask(a, 'who', room)).toMatchObject({ ok: true, members: [{ id: a.id }] });
      expect(performance.now() - began).toBeLessThan(4_000);
      expect((await readyState(one.url)).reason).toBe('a published message did not come back within 1000 ms');
    }),
  );
  redis.resume();
  await Promise.all(nodes.map(({ one }) => ready(one)));
});
