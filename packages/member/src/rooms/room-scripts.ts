import type { Redis } from 'ioredis';

/**
 * The Lua scripts of the room counts. Each is atomic, and each runs in Redis 5 and later, in Redis Cluster (all keys have
 * one hash tag) and in `js-redis-server`.
 *
 * - `nodes`: a sorted set, id of a node -> Redis' time of its last heartbeat in milliseconds. An id whose last heartbeat is
 *   older than the time to live stays dead: a node that was merely slow continues with a new id.
 * - `rooms` of a node: a set of the keys of the rooms in which it has members.
 * - a room: a hash, `=` -> members over all nodes, and the id of each node with members -> their number.
 */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Heartbeat. KEYS: nodes. ARGV: id, time to live in ms, `1` to enter. Returns 1 if the id is alive, and up to 16 dead ids. */
const beat = `${NOW}
local seen = redis.call('ZSCORE', KEYS[1], ARGV[1])
local lives = 0
if ARGV[3] == '1' or (seen and now - seen <= tonumber(ARGV[2])) then
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  lives = 1
end
local dead = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', now - ARGV[2]), 'LIMIT', 0, 16)
return {lives, dead}
`;

/**
 * Sets the number of members that a node has in each of some rooms. KEYS: nodes, rooms of the node, then the rooms.
 * ARGV: id, time to live in ms, then a number for each room. Returns the totals, or nothing when the id is dead.
 */
const share = `${NOW}
local seen = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not seen or now - seen > tonumber(ARGV[2]) then return {} end
local totals = {}
for i = 3, #KEYS do
  local room, members = KEYS[i], tonumber(ARGV[i])
  local before = tonumber(redis.call('HGET', room, ARGV[1]) or '0')
  local total
  if members == before then
    total = tonumber(redis.call('HGET', room, '=') or '0')
  else
    total = redis.call('HINCRBY', room, '=', members - before)
    if members == 0 then
      redis.call('HDEL', room, ARGV[1])
      redis.call('SREM', KEYS[2], room)
      if total <= 0 then redis.call('DEL', room) end
    else
      redis.call('HSET', room, ARGV[1], members)
      if before == 0 then redis.call('SADD', KEYS[2], room) end
    end
  end
  totals[#totals + 1] = total
end
return totals
`;

/**
 * Subtracts a dead node's shares of approximately some number of rooms from their totals. SPOP would be shorter, but
 * `js-redis-server` does not allow random commands in a script. KEYS: nodes, rooms of the dead node.
 * ARGV: its id, time to live in ms, number of rooms. Returns 1 while rooms are left.
 */
const reap = `${NOW}
local seen = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not seen or now - seen <= tonumber(ARGV[2]) then return 0 end
local cursor, rooms = '0', {}
repeat
  local page = redis.call('SSCAN', KEYS[2], cursor, 'COUNT', ARGV[3])
  cursor, rooms = page[1], page[2]
until cursor == '0' or #rooms > 0
for _, room in ipairs(rooms) do
  redis.call('SREM', KEYS[2], room)
  local members = tonumber(redis.call('HGET', room, ARGV[1]) or '0')
  if members ~= 0 then
    redis.call('HDEL', room, ARGV[1])
    if redis.call('HINCRBY', room, '=', -members) <= 0 then redis.call('DEL', room) end
  end
end
if redis.call('EXISTS', KEYS[2]) == 1 then return 1 end
redis.call('ZREM', KEYS[1], ARGV[1])
return 0
`;

/** The scripts as functions. Each rejects with the error of Redis or of the connection. */
export interface RoomScripts {
  beat(nodes: string, id: string, ttl: number, enter: boolean): Promise<{ lives: boolean; dead: string[] }>;
  /** The totals; undefined when the id is dead. */
  share(nodes: string, id: string, ttl: number, shares: readonly Share[]): Promise<number[] | undefined>;
  reap(nodes: string, id: string, ttl: number, rooms: number): Promise<boolean>;
}

export interface Share {
  /** The room's key. */
  readonly key: string;
  readonly members: number;
}

type Command = (...args: (string | number)[]) => Promise<unknown>;

/** Defines the scripts on a connection. @param roomsOf the key of the set of a node's rooms */
export function roomScripts(redis: Redis, roomsOf: (id: string) => string): RoomScripts {
  redis.defineCommand('pinwheelBeat', { numberOfKeys: 1, lua: beat });
  redis.defineCommand('pinwheelShare', { lua: share });
  redis.defineCommand('pinwheelReap', { numberOfKeys: 2, lua: reap });
  const commands = redis as unknown as Record<'pinwheelBeat' | 'pinwheelShare' | 'pinwheelReap', Command>;
  return {
    async beat(nodes, id, ttl, enter) {
      const [lives, dead] = (await commands.pinwheelBeat(nodes, id, ttl, enter ? 1 : 0)) as [number, string[]];
      return { lives: lives === 1, dead };
    },
    async share(nodes, id, ttl, shares) {
      const keys = shares.map((one) => one.key);
      const numbers = shares.map((one) => one.members);
      const totals = await commands.pinwheelShare(shares.length + 2, nodes, roomsOf(id), ...keys, id, ttl, ...numbers);
      return (totals as number[]).length === 0 ? undefined : (totals as number[]);
    },
    async reap(nodes, id, ttl, rooms) {
      return (await commands.pinwheelReap(nodes, roomsOf(id), id, ttl, rooms)) === 1;
    },
  };
}
