import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectRedis } from './redis-link.js';
import type { RedisLink } from './redis-link.js';
import { createStreamsClient } from './streams-client.js';
import type { StreamsClient } from './streams-client.js';
import { embeddedRedis, hasRedisServer, redisInstall, redisServer } from '@pinwheel/testing/redis-process';
import { until } from '@pinwheel/testing/until';

type Reader = ReturnType<StreamsClient['duplicate']>;

async function linkTo(url: string): Promise<RedisLink> {
  const link = connectRedis(url, { retryMax: 100 });
  onTestFinished(() => link.close());
  await once(link, 'up');
  return link;
}

/** The texts of the entries that come in time, and the last one's id. */
async function read(reader: Reader, from: string): Promise<{ texts: string[]; last: string }> {
  const [stream] = (await reader.xread('BLOCK', 1_000, 'COUNT', 100, 'STREAMS', 'news', from)) ?? [];
  const entries = stream?.[1] ?? [];
  return { texts: entries.map(([, fields]) => fields[1] ?? ''), last: entries.at(-1)?.[0] ?? from };
}

const add = (link: RedisLink, text: string): Promise<unknown> => link.commands.xadd('news', '*', 'text', text);

describe.each([
  { name: 'redis-server', start: redisServer, skip: !hasRedisServer },
  { name: 'js-redis-server', start: embeddedRedis, skip: false },
])('a reader of a stream of $name', ({ name, start, skip }) => {
  it('returns every entry after the first read, over a restart of Redis, and ends with the link', async (context) => {
    if (skip) context.skip(`${name} ${redisInstall}`);
    const redis = await start();
    onTestFinished(() => redis.kill());
    const [link, writer] = [await linkTo(redis.url), await linkTo(redis.url)];
    const reader = createStreamsClient(link).duplicate();
    await add(writer, 'long ago');
    expect((await read(reader, '$')).texts).toEqual([]);
    await add(writer, 'between');
    const between = await read(reader, '$');
    expect(between.texts).toEqual(['between']);

    const waiting = read(reader, between.last);
    await redis.kill();
    await until('the link is down', () => !link.ready);
    await redis.start();
    await until('both are back', () => link.ready && writer.ready);
    await add(writer, 'after');
    const after = await waiting;
    expect(after.texts).toEqual(['after']);

    const last = read(reader, after.last);
    link.close();
    expect((await last).texts).toEqual([]);
  });
});

describe.skipIf(!hasRedisServer)('over redis-server', () => {
  it('a reader continues where it stopped after its connection was cut', async () => {
    const redis = await redisServer();
    onTestFinished(() => redis.kill());
    const [link, writer] = [await linkTo(redis.url), await linkTo(redis.url)];
    const reader = createStreamsClient(link).duplicate();
    await add(writer, 'first');
    const first = await read(reader, '0-0');
    const waiting = read(reader, first.last);
    await until('it waits', async () => String(await writer.commands.call('CLIENT', 'LIST')).includes('cmd=xread'));
    const cut = once(link, 'down');
    await writer.commands.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await add(writer, 'meanwhile');
    await cut;
    expect((await waiting).texts).toEqual(['meanwhile']);
  });
});
