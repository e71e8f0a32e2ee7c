import { describe, expect, test } from 'vitest';
import { type ClusterOptions, readClusterCommand } from './options.js';

function optionsOf(args: readonly string[], env: Record<string, string> = {}): ClusterOptions {
  const command = readClusterCommand(args, env);
  if (command.kind !== 'start') throw new Error(`the command is ${command.kind}`);
  return command.options;
}

function complaint(args: readonly string[], env: Record<string, string> = {}): string {
  try {
    readClusterCommand(args, env);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing';
}

test('a cluster without flags has two nodes from 3100, the balancer on 3102 and an embedded Redis, all on 127.0.0.1', () => {
  expect(readClusterCommand([], {})).toEqual({
    kind: 'start',
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

test('every flag changes the option that it names', () => {
  const args = [
    ...'--nodes 4 --port 8080 --node-port=9000 --host [::1] --policy round_robin'.split(' '),
    ...'--no-hand-off --admin-port 0 --adapter streams'.split(' '),
  ];
  expect(optionsOf(args, { REDIS_URL: 'rediss://u:secret@redis.example:7000/2' })).toEqual({
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

test('--no-admin opens no admin listener, even with --admin-port', () => {
  expect(optionsOf(['--no-admin', '--admin-port', '1'], {}).admin).toBeUndefined();
});

test('an empty REDIS_URL counts as not set', () => {
  expect(optionsOf([], { REDIS_URL: '' }).redisUrl).toBeUndefined();
});

test('--adapter goes before ADAPTER in the environment', () => {
  expect(optionsOf([], { ADAPTER: 'sharded' }).adapter).toBe('sharded');
  expect(optionsOf(['--adapter', 'redis'], { ADAPTER: 'sharded' }).adapter).toBe('redis');
  expect(optionsOf([], { ADAPTER: '' }).adapter).toBe('redis');
  expect(complaint(['--adapter', 'x'])).toBe('--adapter: expected one of redis, sharded, streams, got "x"');
  expect(complaint([], { ADAPTER: 'x' })).toBe('ADAPTER: expected one of redis, sharded, streams, got "x"');
});

test('--help and --version are accepted beside other flags', () => {
  expect(readClusterCommand(['--nodes', '3', '--help'], {}).kind).toBe('help');
  expect(readClusterCommand(['--version'], {}).kind).toBe('version');
});

test.each([
  [['--nodes', '0'], '--nodes: expected a whole number from 1 to 64, got "0"'],
  [['--nodes', '2.5'], '--nodes: expected a whole number from 1 to 64, got "2.5"'],
  [['--nodes', 'two'], '--nodes: expected a whole number from 1 to 64, got "two"'],
  [['--nodes='], '--nodes: expected a whole number from 1 to 64, got nothing'],
  [['--port', '65536'], '--port: expected a whole number from 0 to 65535, got "65536"'],
  [['--port', '-1'], '--port: expected a whole number from 0 to 65535, got "-1"'],
  [['--admin-port', 'x'], '--admin-port: expected a whole number from 0 to 65535, got "x"'],
  [['--node-port', '65535'], '--node-port 65535 leaves no room for 2 nodes: the last port is 65536, above 65535'],
  [['--host', 'a b'], '--host: expected an address or host name, got "a b"'],
  [['--policy', 'random'], '--policy: expected one of round_robin, ip_hash, least_conn, got "random"'],
  [['--confg', 'x'], 'unknown flag --confg (did you mean --config? see --help)'],
  [['--config', 'x', '--port', '1'], '--port cannot be combined with --config: set "listen" in the file'],
  [
    ['--config', 'x', '--policy', 'ip_hash'],
    '--policy cannot be combined with --config: set the policy in its "upstream" block',
  ],
  [['4'], 'unexpected argument "4" (see --help)'],
])('the command line %j is refused', (args, message) => {
  expect(complaint(args)).toBe(message);
});

describe('a REDIS_URL that cannot be read is refused without repeating it', () => {
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
])(
  'with the flags %j and the environment %j the page has controls: %s',
  (args, env: Record<string, string>, controls) => {
    expect(optionsOf(args, env).controls).toBe(controls);
  },
);

test('CONTROLS accepts 0 and 1 only', () => {
  expect(complaint([], { CONTROLS: 'yes' })).toContain('CONTROLS: expected 0 or 1, got "yes"');
});
