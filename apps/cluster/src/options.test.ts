import { describe, expect, test } from 'vitest';
import { readCommand } from './options.js';

function complaint(args: readonly string[], env: Record<string, string> = {}): string {
  try {
    readCommand(args, env);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing';
}

test('without flags: two nodes from 3100, the balancer on 3102, all on 127.0.0.1, Redis embedded', () => {
  expect(readCommand([], {})).toEqual({
    command: 'start',
    options: {
      nodes: 2,
      host: '127.0.0.1',
      port: 3102,
      nodePort: 3100,
      policy: 'ip_hash',
      websocketPolicy: 'least_conn',
      config: undefined,
      handOff: true,
      controls: true,
      admin: { port: 3180, orAnother: true },
      adapter: 'redis',
      redisUrl: undefined,
    },
  });
});

test('every flag moves what it names', () => {
  const args = [
    ...'--nodes 4 --port 8080 --node-port=9000 --host [::1] --policy round_robin'.split(' '),
    ...'--no-hand-off --admin-port 0 --adapter streams'.split(' '),
  ];
  expect(readCommand(args, { REDIS_URL: 'rediss://u:secret@redis.example:7000/2' }).options).toEqual({
    nodes: 4,
    host: '::1',
    port: 8080,
    nodePort: 9000,
    policy: 'round_robin',
    websocketPolicy: 'round_robin',
    config: undefined,
    handOff: false,
    controls: true,
    admin: { port: 0 },
    adapter: 'streams',
    redisUrl: 'rediss://u:secret@redis.example:7000/2',
  });
});

test('--no-admin is no admin listener, whatever its port', () => {
  expect(readCommand(['--no-admin', '--admin-port', '1'], {}).options.admin).toBeUndefined();
});

test('an empty REDIS_URL is none', () => {
  expect(readCommand([], { REDIS_URL: '' }).options.redisUrl).toBeUndefined();
});

test('ADAPTER is what --adapter is, which goes before it', () => {
  expect(readCommand([], { ADAPTER: 'sharded' }).options.adapter).toBe('sharded');
  expect(readCommand(['--adapter', 'redis'], { ADAPTER: 'sharded' }).options.adapter).toBe('redis');
  expect(readCommand([], { ADAPTER: '' }).options.adapter).toBe('redis');
  expect(complaint(['--adapter', 'x'])).toBe('--adapter: expected one of redis, sharded, streams, got "x"');
  expect(complaint([], { ADAPTER: 'x' })).toBe('ADAPTER: expected one of redis, sharded, streams, got "x"');
});

test('--help and --version are seen beside other flags', () => {
  expect(readCommand(['--nodes', '3', '--help'], {}).command).toBe('help');
  expect(readCommand(['--version'], {}).command).toBe('version');
});

test.each([
  [['--nodes', '0'], '--nodes: expected a whole number from 1 to 64, got "0"'],
  [['--nodes', '2.5'], '--nodes: expected a whole number from 1 to 64, got "2.5"'],
  [['--nodes', 'two'], '--nodes: expected a whole number from 1 to 64, got "two"'],
  [['--nodes='], '--nodes: expected a whole number from 1 to 64, got nothing'],
  [['--port', '65536'], '--port: expected a whole number from 0 to 65535, got "65536"'],
  [['--port', '-1'], '--port: expected a whole number from 0 to 65535, got "-1"'],
  [['--admin-port', 'x'], '--admin-port: expected a whole number from 0 to 65535, got "x"'],
  [['--node-port', '65535'], '--node-port: expected room for 2 ports up to 65535, got "65535"'],
  [['--host', 'a b'], '--host: expected an address or host name, got "a b"'],
  [['--policy', 'random'], '--policy: expected one of round_robin, ip_hash, least_conn, got "random"'],
  [['--confg', 'x'], 'flag: expected one that --help lists, got "--confg"'],
  [['--config', 'x', '--port', '1'], '--port: expected it to stand in the file of --config, got "1"'],
  [['--config', 'x', '--policy', 'ip_hash'], '--policy: expected it to stand in the file of --config, got "ip_hash"'],
  [['4'], 'argument: expected a flag (see --help), got "4"'],
])('%j is refused', (args, message) => {
  expect(complaint(args)).toBe(message);
});

describe('a REDIS_URL that does not fit is refused without showing it', () => {
  test.each(['redis-host:6379', 'http://user:secret@redis:6379', 'user:secret@redis', 'redis://', '//secret'])(
    '%s',
    (url) => {
      const message = complaint([], { REDIS_URL: url });
      expect(message).toContain('REDIS_URL: expected redis://');
      expect(message).not.toContain('secret');
    },
  );
});

test.each([
  [[], {}, true],
  [['--host', '::1'], {}, true],
  [['--host', '0.0.0.0'], {}, false],
  [['--host', '0.0.0.0'], { CONTROLS: '1' }, true],
  [[], { CONTROLS: '0' }, false],
])('with %j and %j the page has controls: %s', (args, env: Record<string, string>, controls) => {
  expect(readCommand(args, env).options.controls).toBe(controls);
});

test('CONTROLS is 0 or 1', () => {
  expect(complaint([], { CONTROLS: 'yes' })).toContain('CONTROLS: expected 0 or 1, got "yes"');
});
