import {
  integer,
  notTogether,
  readCommand,
  SERVER_URL,
  showTime,
  UsageError,
  type Values,
  wrongValue,
} from '@pinwheel/cli';
import { ASSERTION } from './assertion.js';
import type { NodeAction, Options } from './options.js';
import { RAMP_ASSERTIONS, RAMP_ROOM_SIZE, ROOMS, SETTINGS } from './settings.js';
import { usualWorkers } from './workers.js';

export type LoadCommand = { readonly kind: 'help' | 'version' } | { readonly kind: 'run'; readonly options: Options };

type Given = Values<typeof SETTINGS>;

/**
 * Reads the command line of a run.
 *
 * @param args the command line after the program's name
 * @throws UsageError for the first mistake
 */
export function readOptions(args: readonly string[]): LoadCommand {
  if (args.some((arg) => /^--max-regress(?:=|$)/.test(arg))) {
    throw new UsageError('--max-regress goes with compare (see --help)');
  }
  const command = readCommand(SETTINGS, { args, maxWords: 1, endsWords: (one) => one.includes('://') });
  if (command.kind !== 'run') return command;
  const { values } = command;
  const { mode, rate, ramp, step, duration, warmup, settle, transport, arrival, size, seed, admin, json, html } =
    values;
  const clients = ramp?.to ?? values.clients;
  const shape = { clients, ...roomsOf(values, clients), rate };
  const assertions = ramp === undefined || values.assert.length > 0 ? values.assert : RAMP_ASSERTIONS.map(asAssertion);
  return {
    kind: 'run',
    options: {
      url: urlOf(command.words),
      ...shape,
      mode,
      size,
      durationMs: duration,
      warmupMs: warmup,
      settleMs: settle,
      transports: transport,
      ramp,
      stepMs: step,
      arrival,
      assertions,
      json,
      html,
      localAddresses: values.localAddress ?? [],
      stock: values.stockClient,
      seed,
      workers: values.workers ?? usualWorkers(shape),
      admin,
      actions: [...actionsOf('kill', values.kill, duration), ...actionsOf('drain', values.drain, duration)],
    },
  };
}

function asAssertion(text: string): Options['assertions'][number] {
  return ASSERTION.read('--assert', text);
}

function urlOf([url]: readonly string[]): string {
  if (url === undefined) throw new UsageError('the URL of the server is missing, such as http://127.0.0.1:3102');
  return SERVER_URL.read('URL', url);
}

function roomsOf(given: Given, clients: number): Pick<Options, 'rooms' | 'roomSize'> {
  const { mode, ramp, rooms, roomSize } = given;
  if (mode === 'echo') {
    const flag = rooms === undefined ? '--room-size' : '--rooms';
    const isGiven = rooms !== undefined || roomSize !== undefined;
    if (isGiven) throw notTogether(flag, '--mode echo', 'every client is a room of its own');
    return { rooms: undefined, roomSize: 1 };
  }
  if (roomSize !== undefined) return { rooms: undefined, roomSize: upTo('--room-size', roomSize, clients) };
  if (rooms !== undefined) return { rooms: upTo('--rooms', rooms, ramp?.from ?? clients), roomSize: undefined };
  // A ramp adds rooms: a fixed number of them would grow with the clients, and so would the work of every message.
  if (ramp !== undefined) return { rooms: undefined, roomSize: Math.min(RAMP_ROOM_SIZE, clients) };
  return { rooms: Math.min(ROOMS, clients), roomSize: undefined };
}

/** A number that another flag limits. */
function upTo(flag: string, number: number, max: number): number {
  return integer(1, max).read(flag, String(number));
}

function actionsOf(verb: NodeAction['verb'], given: Given['kill'], durationMs: number): NodeAction[] {
  return given.map(({ node, atMs }) => {
    if (atMs >= durationMs)
      throw wrongValue(`--${verb}`, 'a time before the end of --duration', `${node}@${showTime(atMs)}`);
    return { verb, node, atMs };
  });
}
