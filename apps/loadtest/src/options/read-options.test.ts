import { describe, expect, it } from 'vitest';
import type { Options } from './options.js';
import { readOptions } from './read-options.js';
import { dealTransports, TRANSPORT_SHARES } from './transports.js';

const URL = 'http://127.0.0.1:3102';

function options(line: string): Options {
  const command = readOptions(line.split(' '));
  if (command.kind !== 'run') throw new Error(`the command is ${command.kind}`);
  return command.options;
}

describe('the command line of a run', () => {
  it('needs no more than a URL', () => {
    expect(options(URL)).toMatchObject({
      url: URL,
      clients: 200,
      rooms: 20,
      roomSize: undefined,
      mode: 'room',
      rate: 1,
      size: 64,
      durationMs: 20_000,
      warmupMs: 3_000,
      settleMs: 5_000,
      transports: [{ transport: 'websocket', weight: 1 }],
      ramp: undefined,
      arrival: 200,
      assertions: [],
      json: undefined,
      html: undefined,
      localAddresses: [],
      admin: undefined,
      actions: [],
    });
  });

  it('accepts every flag', () => {
    const asked = options(
      `--assert latency.p99<250 missing==0 ${URL}/ --clients 50 --room-size=5 --rate 2.5 --size 100 --duration 1m30s --warmup 500ms --transport upgrade:95,polling:5 --arrival 50/s --json a.json --html a.html --local-address 127.0.0.2,::1 --seed 7 --workers 3 --admin http://127.0.0.1:3180 --kill Server2@10s --drain Server3@20`,
    );
    expect(asked).toMatchObject({
      url: URL,
      clients: 50,
      rooms: undefined,
      roomSize: 5,
      rate: 2.5,
      size: 100,
      durationMs: 90_000,
      warmupMs: 500,
      transports: [
        { transport: 'upgrade', weight: 95 },
        { transport: 'polling', weight: 5 },
      ],
      arrival: 50,
      json: 'a.json',
      html: 'a.html',
      localAddresses: ['127.0.0.2', '::1'],
      seed: 7,
      workers: 3,
      admin: 'http://127.0.0.1:3180',
      actions: [
        { verb: 'kill', node: 'Server2', atMs: 10_000 },
        { verb: 'drain', node: 'Server3', atMs: 20_000 },
      ],
    });
    expect(asked.assertions).toEqual([
      { text: 'latency.p99<250', metric: 'latency.p99', operator: '<', limit: 250 },
      { text: 'missing==0', metric: 'missing', operator: '==', limit: 0 },
    ]);
  });

  it('with --ramp adds rooms and asserts what a knee needs', () => {
    const asked = options(`${URL} --ramp 500:500:10000 --step 15s`);
    expect(asked).toMatchObject({
      clients: 10_000,
      rooms: undefined,
      roomSize: 10,
      ramp: { from: 500, by: 500, to: 10_000 },
    });
    expect(asked.assertions.map((one) => one.metric)).toContain('latency.p99');
  });

  it('in mode echo makes every client a room of its own', () => {
    expect(options(`${URL} --mode echo --clients 7`)).toMatchObject({ mode: 'echo', rooms: undefined, roomSize: 1 });
  });

  it.each([
    ['--clients 5', 'the URL of the server is missing, such as http://127.0.0.1:3102'],
    ['localhost:3102', 'URL: expected a URL such as http://127.0.0.1:3102, got "localhost:3102"'],
    ['ftp://x', 'URL: expected a URL such as http://127.0.0.1:3102, got "ftp://x"'],
    [`${URL}/chat`, "without a path: Socket.IO's is /socket.io/"],
    [`${URL} again`, 'unexpected argument "again" (see --help)'],
    [`${URL} --clients 0`, '--clients: expected a whole number from 1 to 1000000, got "0"'],
    [`${URL} --clients`, '--clients needs a value'],
    [`${URL} --clients --rooms 2`, '--clients needs a value, got "--rooms"'],
    [`${URL} --wat 1`, 'unknown flag --wat (see --help)'],
    [`${URL} --max-regress 5%`, '--max-regress goes with compare (see --help)'],
    [`${URL} --max-regress=5%`, '--max-regress goes with compare (see --help)'],
    [`${URL} -x`, 'unknown flag -x (see --help)'],
    [`${URL} --help=yes`, '--help takes no value, got "yes"'],
    [`${URL} --clients 5 --rooms 6`, '--rooms: expected a whole number from 1 to 5, got "6"'],
    [`${URL} --rooms 2 --room-size 2`, '--rooms cannot be combined with --room-size'],
    [`${URL} --mode shout`, '--mode: expected one of room, echo, got "shout"'],
    [`${URL} --mode echo --rooms 2`, '--rooms cannot be combined with --mode echo: every client is a room of its own'],
    [`${URL} --rate -1`, '--rate: expected a number above 0 and up to 10000, got "-1"'],
    [`${URL} --size 10`, '--size: expected a whole number from 48 to 999000, got "10"'],
    [`${URL} --duration soon`, '--duration: expected a time such as 500ms, 20s or 1m30s, at least 100ms'],
    [`${URL} --duration 25h`, 'at most 24h, got "25h"'],
    [`${URL} --transport webtransport`, '--transport: expected websocket, polling, upgrade, or a mix'],
    [`${URL} --transport polling:0`, 'got "polling:0"'],
    [`${URL} --transport polling,polling`, '--transport: expected each transport only once'],
    [`${URL} --ramp 5:1`, '--ramp: expected FROM:BY:TO clients such as 500:500:10000, got "5:1"'],
    [`${URL} --ramp 500:100:400`, 'got "500:100:400"'],
    [
      `${URL} --ramp 1:1:2 --clients 3`,
      '--clients cannot be combined with --ramp: the ramp says how many clients there are',
    ],
    [`${URL} --step 3s`, '--step needs --ramp'],
    [`${URL} --arrival 0/s`, '--arrival: expected new clients per second such as 200/s, got "0/s"'],
    [`${URL} --assert latency.p99`, "--assert: expected an assertion such as 'latency.p99<250'"],
    [`${URL} --assert speed<3`, '--assert: expected a metric that --help lists'],
    [`${URL} --kill Server2@10s`, '--kill needs --admin'],
    [`${URL} --admin http://x --kill Server2`, '--kill: expected NODE@TIME such as Server2@10s, got "Server2"'],
    [`${URL} --admin http://x --drain a@30s`, '--drain: expected a time before the end of --duration, got "a@30s"'],
    [`${URL} --local-address here`, '--local-address: expected addresses such as'],
    [`${URL} --workers 0`, '--workers: expected a whole number from 1 to 256, got "0"'],
  ])('%s is refused', (line, message) => {
    expect(() => readOptions(line.split(' '))).toThrow(message);
  });
});

it('every beginning of the list of clients has the transports in their shares', () => {
  const shares = TRANSPORT_SHARES.read('--transport', 'upgrade:95,polling:5');
  const count = (clients: number): number => dealTransports(shares, clients).filter((one) => one === 'polling').length;
  expect([1, 20, 100, 1_000].map(count)).toEqual([0, 1, 5, 50]);
});
