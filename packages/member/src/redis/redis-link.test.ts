import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis } from './redis-link.js';
import type { RedisLink, RedisLinkOptions } from './redis-link.js';
import { freePort } from '@pinwheel/testing/ports';
import {
  type RedisProcess,
  embeddedRedis,
  hasRedisServer,
  redisInstall,
  redisServer,
} from '@pinwheel/testing/redis-process';
import { until } from '@pinwheel/testing/until';

const servers = [
  { name: 'redis-server', start: redisServer, skip: !hasRedisServer },
  { name: 'js-redis-server', start: embeddedRedis, skip: false },
];

describe.each(servers)('a link to $name', ({ name, start, skip }) => {
  let redis: RedisProcess;
  const links: RedisLink[] = [];

  function link(options: RedisLinkOptions = {}): RedisLink {
    const made = connectRedis(redis.url, { retryMax: 200, ...options });
    links.push(made);
    return made;
  }

  beforeEach(async (context) => {
    if (skip) context.skip(`${name} ${redisInstall}`);
    redis = await start();
  });

  afterEach(async () => {
    links.splice(0).forEach((one) => one.close());
    if (!skip) await redis.kill();
  });

  it('restores its subscriptions after Redis was killed and restarted', async () => {
    const one = link();
    const heard: string[] = [];
    one.onMessage((channel, message) => heard.push(`${channel.toString()}=${message.toString()}`));
    one.onPatternMessage((_pattern, channel, message) => heard.push(`${channel.toString()}~${message.toString()}`));
    await expect(one.subscriptions.add('subscribe', ['a', 'b'])).rejects.toThrow('not connected');
    await once(one, 'up');
    await one.subscriptions.add('psubscribe', ['room#*']);
    expect(await one.publish('a', 'before')).toBe(1);
    await until('the first message has arrived', () => heard.length === 1);

    await redis.kill();
    await until('the link is down', () => !one.ready);
    expect(one.problem).toMatch(/connection (lost|refused|reset)/);
    await redis.start();
    await until('the link is up', () => one.ready);

    expect(await one.publish('b', 'after')).toBe(1);
    expect(await one.publish('room#1', Buffer.from('after'))).toBe(1);
    await until('all has arrived', () => heard.length === 3);
    expect(heard).toEqual(['a=before', 'b=after', 'room#1~after']);
  });

  it('drops and counts messages while Redis is down', async () => {
    const one = link();
    await once(one, 'up');
    await redis.kill();
    await until('the link is down', () => one.commands.status !== 'ready');
    await expect(one.publish('a', 'x')).rejects.toThrow('not connected to 127.0.0.1');
    await expect(one.publish('a', 'x')).rejects.toThrow('connection');
    expect(one.dropped).toBe(2);
  });

  it('drops messages beyond pendingMax while Redis hangs, and gives up the silent connection', async () => {
    const one = link({ pendingMax: 1_000, silenceMax: 300 });
    await once(one, 'up');
    redis.hang();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => one.publish('a', 'x'.repeat(100)).catch((error: Error) => error.message)),
    );
    expect(outcomes.slice(10)).toEqual(outcomes.slice(10).fill(`${one.address} is too slow: 1000 bytes wait for it`));
    expect(outcomes.slice(0, 10).every((outcome) => typeof outcome === 'string')).toBe(true);
    expect(one.dropped).toBe(20);
    redis.resume();
    await until('the link is up again', () => one.ready);
    await one.publish('a', 'x');
  });
});

it('a link whose Redis was never up reports that once, and retries until it is closed', async () => {
  const port = await freePort();
  const one = connectRedis(`redis://someone:secret@127.0.0.1:${port}`, { retryMax: 20 });
  const [problem] = await once(one, 'down');
  expect(problem).toBe('connection refused');
  expect(one.address).toBe(`127.0.0.1:${port}`);
  let attempts = 0;
  one.commands.on('reconnecting', () => (attempts += 1));
  await until('it has tried three times', () => attempts >= 3);
  one.close();
  await expect(one.publish('a', 'x')).rejects.toThrow('not connected');
});
