import { describe, expect, test } from 'vitest';
import { type BalancerOptions, describe as describeOptions, proxyOptions, readBalancerCommand } from './options.js';

const UPSTREAM = ['--upstream', 'app1:3100,app2:3100'];

function optionsOf(args: readonly string[]): BalancerOptions {
  const command = readBalancerCommand(args);
  if (command.kind !== 'serve') throw new Error(`the command is ${command.kind}`);
  return command.options;
}

function complaint(...args: string[]): string {
  try {
    readBalancerCommand(args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing';
}

describe('the policies of a command line', () => {
  test.each([
    { args: [], policy: 'ip_hash', websocketPolicy: 'least_conn' },
    { args: ['--policy', 'round_robin'], policy: 'round_robin', websocketPolicy: 'round_robin' },
    { args: ['--policy=ip_hash'], policy: 'ip_hash', websocketPolicy: 'ip_hash' },
    { args: ['--websocket-policy', 'round_robin'], policy: 'ip_hash', websocketPolicy: 'round_robin' },
    {
      args: ['--policy', 'least_conn', '--websocket-policy', 'ip_hash'],
      policy: 'least_conn',
      websocketPolicy: 'ip_hash',
    },
  ])('with $args the policy is $policy, for WebSockets $websocketPolicy', ({ args, policy, websocketPolicy }) => {
    expect(optionsOf([...UPSTREAM, ...args])).toMatchObject({ policy, websocketPolicy });
  });
});

test('a port alone is on 127.0.0.1, 3102 is the default, and listeners and peers may be repeated', () => {
  expect(optionsOf(UPSTREAM).listeners).toEqual([{ host: '127.0.0.1', port: 3102 }]);
  const options = optionsOf(
    (
      '--listen 8080 --listen [::1]:0 --listen 0.0.0.0:80 --upstream a:1 --upstream b:2,[::1]:3 ' +
      '--trust 10.0.0.0/8,127.0.0.1 --trust ::1'
    ).split(' '),
  );
  expect(options.listeners).toEqual([
    { host: '127.0.0.1', port: 8080 },
    { host: '::1', port: 0 },
    { host: '0.0.0.0', port: 80 },
  ]);
  expect(options.trustedProxies).toEqual(['10.0.0.0/8', '127.0.0.1', '::1']);
  expect(describeOptions(options)).toBe('upstream=a:1,b:2,[::1]:3 policy=ip_hash websocket=least_conn');
});

test("a peer takes nginx's parameters", () => {
  const text = 'app1:3100;weight=2;backup;down;drain;max_fails=0;fail_timeout=500ms;max_conns=7;route=app1';
  expect(optionsOf(['--upstream', text]).peers).toEqual([
    {
      host: 'app1',
      port: 3100,
      weight: 2,
      backup: true,
      down: true,
      drain: true,
      maxFails: 0,
      failTimeout: 500,
      maxConns: 7,
      route: 'app1',
    },
  ]);
});

test.each([
  ['10', 10_000],
  ['10s', 10_000],
  ['2m', 120_000],
  ['1h', 3_600_000],
])('fail_timeout=%s is %i ms', (text, ms) => {
  expect(optionsOf(['--upstream', `a:1;fail_timeout=${text}`]).peers[0]?.failTimeout).toBe(ms);
});

const log = (): void => undefined;

test('a command line makes a proxy with one upstream', () => {
  expect(proxyOptions(optionsOf([...UPSTREAM, '--trust', '::1']), log)).toEqual({
    listeners: [{ host: '127.0.0.1', port: 3102, tls: undefined, trustedProxies: ['::1'] }],
    upstreams: [
      {
        name: 'upstream',
        peers: [
          { host: 'app1', port: 3100 },
          { host: 'app2', port: 3100 },
        ],
        policy: 'ip_hash',
        websocketPolicy: 'least_conn',
      },
    ],
    log,
  });
});

test.each([
  [[], "--upstream is missing, such as --upstream 'app1:3100;weight=2,app2:3100' (see --help)"],
  [['--upstream', 'app1'], '--upstream: expected host:port, got "app1"'],
  [['--upstream', 'app1:0'], '--upstream: expected host:port, got "app1:0"'],
  [['--upstream', 'app1:99999'], '--upstream: expected host:port, got "app1:99999"'],
  [['--upstream', 'a:1,'], '--upstream: expected host:port, got nothing'],
  [['--upstream', '[::zz]:1'], '--upstream: expected host:port, got "[::zz]:1"'],
  [['--upstream', 'a:1;weight=0'], '--upstream weight: expected a whole number from 1 to 65535, got "0"'],
  [['--upstream', 'a:1;weight'], '--upstream weight: expected a whole number from 1 to 65535, got nothing'],
  [['--upstream', 'a:1;down=yes'], '--upstream down takes no value, got "yes"'],
  [['--upstream', 'a:1;fail_timeout=0'], '--upstream fail_timeout: expected a time such as 10s or 500ms, got "0"'],
  [
    ['--upstream', 'a:1;fail_timeout=99999d'],
    '--upstream fail_timeout: expected a time such as 10s or 500ms, got "99999d"',
  ],
  [
    ['--upstream', 'a:1;route=a.b'],
    '--upstream route: expected a node tag of 1 to 64 characters A-Z a-z 0-9 _ -, got "a.b"',
  ],
  [
    ['--upstream', 'a:1;slow_start=3'],
    '--upstream: expected a parameter weight=, max_fails=, fail_timeout=, max_conns=, route=, backup, down or drain, got "slow_start"',
  ],
  [[...UPSTREAM, '--listen', '70000'], '--listen: expected PORT or HOST:PORT, the port from 0 to 65535, got "70000"'],
  [[...UPSTREAM, '--policy', 'sticky'], '--policy: expected one of round_robin, ip_hash, least_conn, got "sticky"'],
  [[...UPSTREAM, '--policy'], '--policy needs a value'],
  [[...UPSTREAM, '--policy', '--help'], '--policy needs a value, got "--help"'],
  [[...UPSTREAM, '--help=yes'], '--help takes no value, got "yes"'],
  [
    [...UPSTREAM, '--trust', 'localhost'],
    '--trust: expected an address or a block such as 10.0.0.0/8, got "localhost"',
  ],
  [[...UPSTREAM, '--tls-cert', 'a.pem'], '--tls-cert needs --tls-key'],
  [[...UPSTREAM, '--tls-key', 'a.pem'], '--tls-key needs --tls-cert'],
  [[...UPSTREAM, '--nonsense'], 'unknown flag --nonsense (see --help)'],
  [[...UPSTREAM, '-p', '1'], 'unknown flag -p (see --help)'],
  [[...UPSTREAM, '--__proto__', '1'], 'unknown flag --__proto__ (see --help)'],
  [[...UPSTREAM, '3102'], 'unexpected argument "3102" (see --help)'],
])('the command line %j is refused', (args, message) => {
  expect(complaint(...args)).toEqual(message);
});

test('--help and --version need no upstream', () => {
  expect(readBalancerCommand(['--help']).kind).toBe('help');
  expect(readBalancerCommand(['--version']).kind).toBe('version');
});
