import {
  HELP,
  HOST,
  PLAIN_SOCKETS,
  PORT,
  type Program,
  readBy,
  readCommand,
  type Setting,
  settings,
  text,
  VERSION,
  word,
  ZERO_OR_ONE,
} from '@pinwheel/cli';
import { readRedisUrl, RedisUrlError } from '@pinwheel/member';
import { type AdapterName, ADAPTERS } from '@pinwheel/protocol';

/** The settings of a node. */
export interface NodeConfig {
  /** Address or name to listen on. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** The node's name, such as `Server1`. */
  readonly server: string;
  /** Undefined for a node that shares nothing. */
  readonly redisUrl: string | undefined;
  /** The adapter by which nodes share rooms through Redis. */
  readonly adapter: AdapterName;
  /** The tag in its session ids. Undefined derives one from the address that the node listens on. */
  readonly tag: string | undefined;
  /** Pages may kill, hang, drain and revive nodes and cut Redis. */
  readonly controls: boolean;
}

/** A setting that only the environment gives; an empty variable is a value. */
const VARIABLE = { variableOnly: true, emptyIsValue: true } as const satisfies Partial<Setting>;

export const SETTINGS = settings({
  help: HELP,
  version: VERSION,
  port: { ...VARIABLE, value: PORT, variable: 'PORT', default: '3100', help: 'port to listen on; 0 takes a free one' },
  host: { ...VARIABLE, value: HOST, variable: 'HOST', default: '127.0.0.1', help: 'address to listen on' },
  server: {
    ...VARIABLE,
    value: text('NAME', /^[A-Za-z0-9._-]{1,64}$/, '1 to 64 characters A-Z a-z 0-9 . _ -'),
    variable: 'SERVER_NAME',
    default: 'Server1',
    help: 'name of the node: 1 to 64 characters `A-Z a-z 0-9 . _ -`',
  },
  redisUrl: {
    ...VARIABLE,
    value: readBy('URL', redisUrlOrNone, RedisUrlError),
    variable: 'REDIS_URL',
    default: 'redis://127.0.0.1:6379',
    help: 'the Redis that nodes share rooms through, `redis://` or `rediss://`; with an empty one the node shares nothing',
  },
  adapter: {
    value: word(ADAPTERS),
    variable: 'ADAPTER',
    variableOnly: true,
    default: 'redis',
    help: 'how rooms are shared, the same for all nodes: `redis`, `sharded` or `streams`',
  },
  tag: {
    value: text('TAG', /^[A-Za-z0-9_-]{1,64}$/, '1 to 64 characters A-Z a-z 0-9 _ -'),
    variable: 'NODE_TAG',
    variableOnly: true,
    otherwise: 'derived from the address that the node listens on',
    help: 'what the session ids begin with: 1 to 64 characters `A-Z a-z 0-9 _ -`',
  },
  controls: {
    value: ZERO_OR_ONE,
    variable: 'CONTROLS',
    variableOnly: true,
    default: '0',
    help: '`1` lets pages kill, hang, drain and revive nodes and cut Redis',
  },
  plainSockets: PLAIN_SOCKETS,
});

export const PROGRAM: Program = {
  name: 'pinwheel-node',
  usage: ['PORT=3100 SERVER_NAME=Server1 pinwheel-node'],
  summary:
    'Serves Socket.IO, a plain WebSocket echo and the demo page on one port. Nodes share rooms through Redis. The environment holds all settings.',
  settings: SETTINGS,
  notes: [
    'SIGTERM and SIGINT drain the node and end it; the same signal again ends it at once.',
    'Exit code: 0 after a signal, 1 when the node cannot listen or a second signal ended it, 2 for a setting that cannot be used.',
  ],
};

export type NodeCommand =
  { readonly kind: 'help' | 'version' } | { readonly kind: 'start'; readonly config: NodeConfig };

/**
 * Reads the command line and the environment of `pinwheel-node`.
 *
 * @param args the command line after the program's name
 * @throws UsageError for the first mistake; the message never contains a password
 */
export function readNodeCommand(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): NodeCommand {
  const command = readCommand(SETTINGS, { args, variables });
  if (command.kind !== 'run') return command;
  const { host, port, server, redisUrl, adapter, tag, controls } = command.values;
  return { kind: 'start', config: Object.freeze({ host, port, server, redisUrl, adapter, tag, controls }) };
}

/** @throws RedisUrlError */
function redisUrlOrNone(url: string): string | undefined {
  if (url === '') return undefined;
  readRedisUrl(url);
  return url;
}
