import { once } from 'node:events';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis } from './redis-link.js';
import type { RedisLink } from './redis-link.js';
import { RoundTrip } from './round-trip.js';
import { freePort } from '@pinwheel/testing/ports';
import {
  type RedisProcess,
  embeddedRedis,
  hasRedisServer,
  redisInstall,
  redisServer,
} from '@pinwheel/testing/redis-process';
import { until } from '@pinwheel/testing/until';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function up(url: string): Promise<RedisLink> {
  const link = connectRedis(url, { retryMax: 100 });
  cleanups.push(() => link.close());
  await once(link, 'up');
  return link;
}

const servers = [
  { name: 'redis-server', start: redisServer, skip: !hasRedisServer },
  { name: 'js-redis-server', start: embeddedRedis, skip: false },
];

describe.each(servers)('a round trip through $name', ({ name, start, skip }) => {
  let redis: RedisProcess;

  beforeEach(async (context) => {
    if (skip) context.skip(`${name} ${redisInstall}`);
    redis = await start();
    cleanups.push(() => redis.kill());
  });

  it('succeeds over a link', async () => {
    const health = await new RoundTrip(await up(redis.url), { timeout: 2_000, cache: 0 }).probe();
    expect(health).toEqual({ state: 'ok', roundTripMs: expect.any(Number) });
  });

  it('succeeds over two clients of ioredis', async () => {
    const clients = [new Redis(redis.url), new Redis(redis.url)] as const;
    cleanups.push(() => clients.forEach((one) => one.disconnect()));
    const roundTrip = new RoundTrip({ publisher: clients[0], subscriber: clients[1] }, { timeout: 2_000, cache: 0 });
    expect(await roundTrip.probe()).toMatchObject({ state: 'ok' });
    expect(await roundTrip.probe()).toMatchObject({ state: 'ok' });
  });

  it('succeeds over two clients of node-redis', async () => {
    const clients = [createClient({ url: redis.url }), createClient({ url: redis.url })] as const;
    for (const one of clients) {
      one.on('error', () => undefined);
      await one.connect();
    }
    cleanups.push(() => clients.forEach((one) => one.destroy()));
    const roundTrip = new RoundTrip({ publisher: clients[0], subscriber: clients[1] }, { timeout: 2_000, cache: 0 });
    expect(await roundTrip.probe()).toMatchObject({ state: 'ok' });
    expect(await roundTrip.probe()).toMatchObject({ state: 'ok' });
  });

  it('is shared by probes at the same time and within the cache time', async () => {
    const link = await up(redis.url);
    const watcher = await up(redis.url);
    let published = 0;
    watcher.onPatternMessage(() => (published += 1));
    await watcher.subscriptions.add('psubscribe', ['pinwheel:ready:*']);
    const roundTrip = new RoundTrip(link, { timeout: 2_000, cache: 60_000 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => roundTrip.probe()));
    answers.push(await roundTrip.probe());
    expect(new Set(answers).size).toBe(1);
    await link.publish('pinwheel:ready:test', 'last');
    await until('the last has arrived', () => published >= 2);
    expect(published).toBe(2);
  });

  it('fails within its timeout while Redis hangs, and succeeds when Redis continues', async () => {
    const roundTrip = new RoundTrip(await up(redis.url), { timeout: 200, cache: 0 });
    expect(await roundTrip.probe()).toMatchObject({ state: 'ok' });
    redis.hang();
    const began = performance.now();
    expect(await roundTrip.probe()).toEqual({
      state: 'failed',
      reason: 'a published message did not come back within 200 ms',
    });
    expect(performance.now() - began).toBeLessThan(2_000);
    redis.resume();
    await until('it comes back', async () => (await roundTrip.probe()).state === 'ok');
  });

  it('fails while Redis is down, and succeeds when it is back', async () => {
    const roundTrip = new RoundTrip(await up(redis.url), { timeout: 1_000, cache: 0 });
    expect(await roundTrip.probe()).toMatchObject({ state: 'ok' });
    await redis.kill();
    await until('it is refused', async () => (await roundTrip.probe()).reason?.endsWith('connection refused'));
    await redis.start();
    await until('it comes back', async () => (await roundTrip.probe()).state === 'ok');
  });
});

it('a failed round trip names the address of Redis without its password', async () => {
  const port = await freePort();
  const link = connectRedis(`redis://someone:secret@127.0.0.1:${port}`);
  cleanups.push(() => link.close());
  await once(link, 'down');
  expect(await new RoundTrip(link, { timeout: 1_000, cache: 0 }).probe()).toEqual({
    state: 'failed',
    reason: `not connected to 127.0.0.1:${port}: connection refused`,
  });
});
