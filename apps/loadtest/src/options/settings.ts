import { isIP } from 'node:net';
import {
  HELP,
  integer,
  type Kind,
  list,
  positive,
  type Program,
  SERVER_URL,
  settings,
  text,
  time,
  VERSION,
  word,
  wrongValue,
} from '@pinwheel/cli';
import { PAYLOAD_MAX, PAYLOAD_MIN } from '../load/payload.js';
import { ASSERTION, METRICS } from './assertion.js';
import type { NodeAction, Ramp } from './options.js';
import { TRANSPORT_SHARES } from './transports.js';

/** The most clients of one run, far beyond the ports of one address and the memory of one machine. */
const CLIENTS_MAX = 1_000_000;

/** The assertions of a ramp that was given none. */
export const RAMP_ASSERTIONS = ['latency.p99<250', 'missing==0', 'duplicated==0', 'connect.failed==0'] as const;

/** Rooms of a run that names neither their number nor their size. */
export const ROOMS = 20;

/** Clients per room in a ramp. */
export const RAMP_ROOM_SIZE = 10;

const RAMP: Kind<Ramp> = {
  placeholder: 'FROM:BY:TO',
  read(name, given) {
    const [from = 0, by = 0, to = 0] = /^(\d{1,7}):(\d{1,7}):(\d{1,7})$/.exec(given)?.slice(1).map(Number) ?? [];
    if (from < 1 || by < 1 || to < from || to > CLIENTS_MAX) {
      throw wrongValue(name, 'FROM:BY:TO clients such as 500:500:10000', given);
    }
    return { from, by, to };
  },
};

const ARRIVAL: Kind<number> = {
  placeholder: 'N/s',
  read(name, given) {
    const number = /^(\d{1,6}(?:\.\d{1,6})?)(?:\/s)?$/.exec(given)?.[1];
    if (number === undefined || Number(number) <= 0) {
      throw wrongValue(name, 'new clients per second such as 200/s', given);
    }
    return Number(number);
  },
};

const ADDRESS: Kind<string> = {
  placeholder: 'ADDRESS',
  read(name, given) {
    if (isIP(given) === 0) throw wrongValue(name, 'addresses such as 127.0.0.2,127.0.0.3', given);
    return given;
  },
};

const NODE_AT_TIME: Kind<Omit<NodeAction, 'verb'>> = {
  placeholder: 'NODE@TIME',
  read(name, given) {
    const [, node, at] = /^([A-Za-z0-9._-]{1,64})@(.+)$/.exec(given) ?? [];
    if (node === undefined || at === undefined) throw wrongValue(name, 'NODE@TIME such as Server2@10s', given);
    return { node, atMs: time().read(name, at) };
  },
};

const ACTION = {
  value: NODE_AT_TIME,
  many: 'words',
  example: 'Server2@10s',
  needs: 'admin',
  excludes: { ramp: '' },
} as const;

export const SETTINGS = settings({
  clients: {
    value: integer(1, CLIENTS_MAX),
    default: '200',
    excludes: { ramp: 'the ramp says how many clients there are' },
    help: 'how many clients to start',
  },
  rooms: {
    value: integer(1, CLIENTS_MAX),
    otherwise: `\`${ROOMS}\``,
    excludes: { roomSize: '' },
    help: 'how many rooms there are; clients join them in turn',
  },
  roomSize: {
    value: integer(1, CLIENTS_MAX),
    otherwise: `${RAMP_ROOM_SIZE} with \`--ramp\``,
    unit: 'clients',
    help: 'in place of `--rooms`: the size of a room; clients fill one room after another',
  },
  mode: {
    value: word(['room', 'echo'], 'room|echo'),
    default: 'room',
    help: '`room` sends a message to everyone in the room, `echo` to its sender alone',
  },
  rate: {
    value: positive(10_000),
    default: '1',
    unit: 'messages per second',
    help: 'how often a room sends; with `--mode echo`, where every client is a room of its own, a client',
  },
  size: { value: integer(PAYLOAD_MIN, PAYLOAD_MAX), default: '64', unit: 'bytes', help: 'length of a message' },
  duration: {
    value: time(100),
    default: '20s',
    excludes: { ramp: '--step says how long each step is measured' },
    help: 'how long to measure',
  },
  warmup: { value: time(), default: '3s', help: 'how long to send before measuring' },
  settle: { value: time(100), default: '5s', help: 'the time after which a message counts as missing' },
  transport: {
    value: TRANSPORT_SHARES,
    default: 'websocket',
    example: 'upgrade:95,polling:5',
    help: '`websocket`, `polling`, `upgrade` (a default client), or a mix',
  },
  arrival: { value: ARRIVAL, default: '200/s', help: 'new clients per second' },
  ramp: {
    value: RAMP,
    example: '500:500:10000',
    help: 'adds clients step by step and ends at the first step that does not hold: finds the knee',
  },
  step: { value: time(100), default: '15s', needs: 'ramp', help: 'how long to measure each step' },
  assert: {
    value: ASSERTION,
    many: 'words',
    otherwise: `with \`--ramp\`: \`${RAMP_ASSERTIONS.join(' ')}\``,
    example: "'latency.p99<250' 'missing==0'",
    help: 'a condition that has to hold: a metric that `--help` lists, one of `<` `<=` `>` `>=` `==` `!=`, a number',
  },
  json: { value: text('FILE'), help: 'writes all results as JSON' },
  html: { value: text('FILE'), help: 'writes all results as a page' },
  admin: {
    value: SERVER_URL,
    example: 'http://127.0.0.1:3180',
    help: 'the admin listener of the cluster, for `--kill` and `--drain`',
  },
  kill: { ...ACTION, help: 'kills a node this long after measuring began' },
  drain: { ...ACTION, help: 'drains a node this long after measuring began' },
  localAddress: {
    value: list(ADDRESS, 'A,B,...'),
    help: 'addresses of this machine to connect from, in turn',
  },
  stockClient: { help: "uses socket.io-client's own WebSocket in place of the lean one" },
  workers: {
    value: integer(1, 256),
    otherwise: 'one per 5,000 clients or 10,000 messages a second, up to one per CPU',
    help: 'how many workers send: one runs in the program itself, several are processes',
  },
  seed: { value: integer(0, 4_294_967_295), default: '1', help: 'decides the order in which the rooms send' },
  help: HELP,
  version: VERSION,
});

export const PROGRAM: Program = {
  name: 'pinwheel-load',
  usage: [
    'npm run load -- URL [flags]      (or: pinwheel-load URL [flags])',
    'pinwheel-load compare A.json B.json [--max-regress 10%]',
  ],
  summary:
    'Puts Socket.IO clients into rooms, sends on a fixed schedule and reports who got which message, and how fast. Times are such as 500ms, 20s, 1m30s; a bare number counts seconds.',
  settings: SETTINGS,
  notes: [
    `Metrics (times in milliseconds): ${METRICS.filter((name) => !/\.(p90|p95|p999|max|mean)$/.test(name)).join(' ')}\nEach metric that ends with .p50 is also there with .p90 .p95 .p99 .p999 .max .mean.`,
    'Ctrl-C ends the run early and reports; a second Ctrl-C ends the program at once.',
    'Exit code: 0 pass, 1 the target cannot be reached or the run failed, 2 a mistake on the command line, 3 invalid: the generator was the bottleneck, 99 an assertion does not hold or a comparison regressed.',
  ],
};
