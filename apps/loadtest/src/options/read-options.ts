import { isIP } from 'node:net';
import { readAssertion } from '../assertion.js';
import { PAYLOAD_MAX, PAYLOAD_MIN } from '../payload.js';
import { type CommandLine, type OptionKind, readCommandLine } from './command-line.js';
import { OptionError } from './option-error.js';
import type { NodeAction, Options, Ramp } from './options.js';
import { readPositive, readTime, readWhole } from './quantities.js';
import { readTransports } from './transports.js';
import { usualWorkers } from './workers.js';

const KINDS = {
  clients: 'value',
  rooms: 'value',
  'room-size': 'value',
  mode: 'value',
  rate: 'value',
  size: 'value',
  duration: 'value',
  warmup: 'value',
  settle: 'value',
  transport: 'value',
  ramp: 'value',
  step: 'value',
  arrival: 'value',
  assert: 'list',
  json: 'value',
  html: 'value',
  'local-address': 'value',
  'stock-client': 'switch',
  seed: 'value',
  workers: 'value',
  admin: 'value',
  kill: 'list',
  drain: 'list',
  help: 'switch',
  version: 'switch',
} as const satisfies Record<string, OptionKind>;

/** The most clients of one run: more do not fit into the ports of one address and one machine's patience. */
const CLIENTS_MAX = 1_000_000;

export const DEFAULTS = Object.freeze({
  clients: 200,
  rooms: 20,
  roomSize: 10,
  rate: 1,
  size: 64,
  duration: '20s',
  warmup: '3s',
  settle: '5s',
  transport: 'websocket',
  step: '15s',
  arrival: 200,
  seed: 1,
});

/** What a ramp must hold when nothing is asserted. */
export const RAMP_ASSERTIONS = ['latency.p99<250', 'missing==0', 'duplicated==0', 'connect.failed==0'] as const;

export type Command = { readonly command: 'help' | 'version' } | { readonly command: 'run'; readonly options: Options };

/**
 * Reads the command line of a run.
 *
 * @param args the command line behind the program's name
 * @throws OptionError naming the option, what was expected and what came
 */
export function readOptions(args: readonly string[]): Command {
  const line = readCommandLine(args, KINDS, (word) => word.includes('://'));
  if (line.has('help')) return { command: 'help' };
  if (line.has('version')) return { command: 'version' };
  const [url, ...more] = line.words;
  if (more.length > 0) throw new OptionError('argument', 'one URL only', more[0] ?? '');

  const whole = (name: keyof typeof KINDS, min: number, max: number): number | undefined => {
    const text = line.value(name);
    return text === undefined ? undefined : readWhole(`--${name}`, text, min, max);
  };
  const mode = readMode(line.value('mode') ?? 'room');
  const ramp = readRamp(line);
  if (ramp === undefined && line.has('step')) throw new OptionError('--step', '--ramp with it', 'no --ramp');
  if (ramp !== undefined) refuse(line, ['clients', 'duration'], 'it left out: --ramp and --step say it');
  const clients = ramp?.to ?? whole('clients', 1, CLIENTS_MAX) ?? DEFAULTS.clients;
  if (mode === 'echo') refuse(line, ['rooms', 'room-size'], 'it left out: in mode echo every client is for itself');
  if (line.has('room-size')) refuse(line, ['rooms'], 'either it or --room-size');

  const admin = readAdmin(line.value('admin'));
  const durationMs = readTime('--duration', line.value('duration') ?? DEFAULTS.duration, 100);
  const actions = [...readActions(line, 'kill', durationMs), ...readActions(line, 'drain', durationMs)];
  const [first] = actions;
  if (first !== undefined && admin === undefined) {
    throw new OptionError(`--${first.verb}`, '--admin URL with it, such as --admin http://127.0.0.1:3180', '');
  }
  if (first !== undefined && ramp !== undefined)
    throw new OptionError(`--${first.verb}`, 'no --ramp with it', '--ramp');
  const assertions = line.list('assert');
  const shape = {
    clients,
    ...readRooms(line, clients, mode, ramp),
    rate: readPositive('--rate', line.value('rate') ?? String(DEFAULTS.rate), 10_000),
  };
  return {
    command: 'run',
    options: {
      url: readUrl('URL', url ?? ''),
      ...shape,
      mode,
      size: whole('size', PAYLOAD_MIN, PAYLOAD_MAX) ?? DEFAULTS.size,
      durationMs,
      warmupMs: readTime('--warmup', line.value('warmup') ?? DEFAULTS.warmup),
      settleMs: readTime('--settle', line.value('settle') ?? DEFAULTS.settle, 100),
      transports: readTransports('--transport', line.value('transport') ?? DEFAULTS.transport),
      ramp,
      stepMs: readTime('--step', line.value('step') ?? DEFAULTS.step, 100),
      arrival: readArrival(line.value('arrival')),
      assertions: (ramp !== undefined && assertions.length === 0 ? RAMP_ASSERTIONS : assertions).map(readAssertion),
      json: line.value('json'),
      html: line.value('html'),
      localAddresses: readAddresses(line.value('local-address')),
      stock: line.has('stock-client'),
      seed: whole('seed', 0, 4_294_967_295) ?? DEFAULTS.seed,
      workers: whole('workers', 1, 256) ?? usualWorkers(shape),
      admin,
      actions,
    },
  };
}

function refuse(line: CommandLine, names: readonly string[], expected: string): void {
  for (const name of names) {
    if (line.has(name)) throw new OptionError(`--${name}`, expected, line.value(name) ?? '');
  }
}

function readUrl(what: string, text: string): string {
  const expected = 'one such as http://127.0.0.1:3102';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol)) {
    throw new OptionError(what, expected, text);
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new OptionError(what, `${expected}, without a path: Socket.IO's is /socket.io/`, text);
  }
  return `${url.protocol.replace('ws', 'http')}//${url.host}`;
}

function readAdmin(text: string | undefined): string | undefined {
  return text === undefined ? undefined : readUrl('--admin', text);
}

function readMode(text: string): Options['mode'] {
  if (text !== 'room' && text !== 'echo') throw new OptionError('--mode', 'room or echo', text);
  return text;
}

function readRooms(
  line: CommandLine,
  clients: number,
  mode: Options['mode'],
  ramp: Ramp | undefined,
): Pick<Options, 'rooms' | 'roomSize'> {
  if (mode === 'echo') return { rooms: undefined, roomSize: 1 };
  const size = line.value('room-size');
  if (size !== undefined) return { rooms: undefined, roomSize: readWhole('--room-size', size, 1, clients) };
  const rooms = line.value('rooms');
  if (rooms !== undefined) return { rooms: readWhole('--rooms', rooms, 1, ramp?.from ?? clients), roomSize: undefined };
  // A ramp adds rooms: with a fixed number of them the rooms would grow, and with them the work of every message.
  if (ramp !== undefined) return { rooms: undefined, roomSize: Math.min(DEFAULTS.roomSize, clients) };
  return { rooms: Math.min(DEFAULTS.rooms, clients), roomSize: undefined };
}

function readRamp(line: CommandLine): Ramp | undefined {
  const text = line.value('ramp');
  if (text === undefined) return undefined;
  const [from, by, to] = /^(\d{1,7}):(\d{1,7}):(\d{1,7})$/.exec(text)?.slice(1).map(Number) ?? [];
  if (
    from === undefined ||
    by === undefined ||
    to === undefined ||
    from < 1 ||
    by < 1 ||
    to < from ||
    to > CLIENTS_MAX
  ) {
    throw new OptionError('--ramp', 'FROM:BY:TO clients such as 500:500:10000', text);
  }
  return { from, by, to };
}

function readArrival(text: string | undefined): number {
  if (text === undefined) return DEFAULTS.arrival;
  const number = /^(\d{1,6}(?:\.\d{1,6})?)(?:\/s)?$/.exec(text)?.[1];
  if (number === undefined || Number(number) <= 0) {
    throw new OptionError('--arrival', 'new clients per second such as 200/s', text);
  }
  return Number(number);
}

function readAddresses(text: string | undefined): string[] {
  if (text === undefined) return [];
  return text.split(',').map((address) => {
    if (isIP(address) === 0) throw new OptionError('--local-address', 'addresses such as 127.0.0.2,127.0.0.3', text);
    return address;
  });
}

function readActions(line: CommandLine, verb: NodeAction['verb'], durationMs: number): NodeAction[] {
  return line.list(verb).map((text) => {
    const parts = /^([A-Za-z0-9._-]{1,64})@(.+)$/.exec(text);
    if (parts === null) throw new OptionError(`--${verb}`, 'NODE@TIME such as Server2@10s', text);
    const atMs = readTime(`--${verb}`, parts[2] ?? '');
    if (atMs >= durationMs) throw new OptionError(`--${verb}`, 'a time before the end of --duration', text);
    return { verb, node: parts[1] ?? '', atMs };
  });
}
