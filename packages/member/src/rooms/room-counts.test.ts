import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis } from '../redis/redis-link.js';
import { RoomCounts } from './room-counts.js';
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

/** A node with rooms and nothing else. */
class FakeNode {
  readonly rooms = new Map<string, number>();
  readonly link;
  readonly counts;

  constructor(url: string) {
    this.link = connectRedis(url, { retryMax: 100 });
    this.counts = new RoomCounts({
      link: this.link,
      localCount: (room) => this.rooms.get(room) ?? 0,
      localRooms: () => this.rooms.keys(),
      heartbeat: 100,
      ttl: 400,
    });
    this.counts.start();
  }

  set(room: string, members: number): Promise<number> {
    if (members === 0) this.rooms.delete(room);
    else this.rooms.set(room, members);
    return this.counts.update(room);
  }

  /** Stops the heartbeats and leaves the shares in Redis, as a crash does. */
  crash(): void {
    this.link.close();
  }
}

describe.each(servers)('room counts in $name', ({ name, start, skip }) => {
  let redis: RedisProcess;
  const nodes: FakeNode[] = [];

  async function node(): Promise<FakeNode> {
    const made = new FakeNode(redis.url);
    nodes.push(made);
    await once(made.link, 'up');
    // The first count that is not the node's alone shows that it has entered.
    return made;
  }

  function counted(one: FakeNode, room: string, members: number): Promise<unknown> {
    return until(`${room} counts ${members}`, async () => (await one.counts.update(room)) === members);
  }

  beforeEach(async (context) => {
    if (skip) context.skip(`${name} ${redisInstall}`);
    redis = await start();
  });

  afterEach(async () => {
    for (const one of nodes.splice(0)) {
      await one.counts.stop();
      one.link.close();
    }
    if (!skip) await redis.kill();
  });

  it('counts add up the members of all nodes', async () => {
    const [one, two] = [await node(), await node()];
    await one.set('lobby', 2);
    await two.set('lobby', 3);
    await counted(one, 'lobby', 5);
    expect(await two.set('lobby', 1)).toBe(3);
    expect(await one.set('lobby', 0)).toBe(1);
    expect(await two.set('lobby', 0)).toBe(0);
    expect(await one.counts.update('nowhere')).toBe(0);
    expect(await one.link.commands.keys('*room*')).toEqual([]);
  });

  it('counts exclude the members of a crashed node', async () => {
    const [one, two] = [await node(), await node()];
    await one.set('lobby', 2);
    for (let room = 0; room < 300; room += 1) void two.set(`room ${room}`, 1);
    await two.set('lobby', 3);
    await counted(one, 'lobby', 5);
    await counted(one, 'room 299', 1);
    two.crash();
    await counted(one, 'lobby', 2);
    await counted(one, 'room 0', 0);
    await until('its shares are gone', async () => (await one.link.commands.keys('*')).length === 3);
  });

  it('counts are right again after Redis was restarted empty', async () => {
    const [one, two] = [await node(), await node()];
    await one.set('lobby', 2);
    await two.set('lobby', 3);
    await counted(one, 'lobby', 5);
    await redis.kill();
    await until('the nodes have noticed', () => !one.link.ready && !two.link.ready);
    expect(await one.set('lobby', 4)).toBe(4);
    await two.set('other', 7);
    await redis.start();
    await counted(two, 'lobby', 7);
    await counted(one, 'other', 7);
  });

  it('counts are right again after all keys in Redis were deleted', async () => {
    const [one, two] = [await node(), await node()];
    await one.set('lobby', 2);
    await two.set('lobby', 3);
    await counted(one, 'lobby', 5);
    await one.link.commands.flushall();
    await counted(one, 'lobby', 5);
  });

  it('counts are local while Redis hangs, at once after the first one, and complete when it continues', async () => {
    const [one, two] = [await node(), await node()];
    await one.set('lobby', 2);
    await two.set('lobby', 3);
    await counted(one, 'lobby', 5);
    redis.hang();
    expect(await one.set('lobby', 1)).toBe(1);
    const began = performance.now();
    for (let i = 0; i < 10; i += 1) expect(await one.counts.update('lobby')).toBe(1);
    expect(performance.now() - began).toBeLessThan(400);
    redis.resume();
    await counted(one, 'lobby', 4);
    await counted(two, 'lobby', 4);
  });

  it('counts exclude the members of a node that stopped', async () => {
    const [one, two] = [await node(), await node()];
    await one.set('lobby', 2);
    await two.set('lobby', 3);
    await counted(one, 'lobby', 5);
    await two.counts.stop();
    expect(await one.counts.update('lobby')).toBe(2);
  });
});
