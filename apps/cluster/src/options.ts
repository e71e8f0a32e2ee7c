import {
  defaultsOf,
  HELP,
  HOST,
  integer,
  isLoopback,
  PLAIN_SOCKETS,
  policiesOf,
  POLICY_SETTINGS,
  PORT,
  type Program,
  readBy,
  readCommand,
  settings,
  text,
  UsageError,
  VERSION,
  word,
  ZERO_OR_ONE,
} from '@pinwheel/cli';
import { readRedisUrl, RedisUrlError } from '@pinwheel/member';
import { type AdapterName, ADAPTERS } from '@pinwheel/protocol';
import type { PolicyName } from '@pinwheel/proxy';
import { nodePorts } from './process/ports.js';

/** The most nodes of one machine. */
const MAX_NODES = 64;

export interface AdminOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Takes a free port when this one is in use. */
  readonly orAnother?: boolean;
}

/** The admin listener without `--admin-port`. A second cluster on the same machine gets a free port. */
const ADMIN: AdminOptions = { port: 3180, orAnother: true };

/** The parts of a cluster. */
export interface ClusterOptions {
  /** Number of nodes, from 1. */
  readonly nodes: number;
  /** Address that the nodes and the balancer listen on; the embedded Redis is always on 127.0.0.1. */
  readonly host: string;
  /** The balancer's port; 0 takes a free one. */
  readonly port: number;
  /** The first node's port; each further node has the next one, the balancer's left out. 0 takes free ones. */
  readonly nodePort: number;
  /** The policy for requests that belong to no session yet. */
  readonly policy: PolicyName;
  /** The policy for WebSocket upgrades that open a session. */
  readonly websocketPolicy: PolicyName;
  /** An nginx.conf for the balancer, which then gives the listeners and the policies. */
  readonly config?: string | undefined;
  /** Gives WebSockets over plain TCP to the node's process; false relays every WebSocket. */
  readonly handOff: boolean;
  /** The admin listener, on 127.0.0.1; none when absent. */
  readonly admin?: AdminOptions | undefined;
  /** The pages of the nodes may kill, hang, drain and revive nodes, and cut Redis. */
  readonly controls: boolean;
  /** The adapter by which nodes share rooms through Redis. */
  readonly adapter: AdapterName;
  /** `redis://` or `rediss://`; the embedded Redis when absent. */
  readonly redisUrl?: string | undefined;
}

const IN_FILE = 'set "listen" in the file';

export const SETTINGS = settings({
  nodes: { value: integer(1, MAX_NODES), default: '2', help: `how many nodes to start, 1 to ${MAX_NODES}` },
  port: {
    value: PORT,
    default: '3102',
    excludes: { config: IN_FILE },
    help: "the balancer's port; 0 takes a free one",
  },
  nodePort: {
    value: PORT,
    default: '3100',
    help: "the port of Server1; each further node has the next one, the balancer's left out (4 nodes: 3100, 3101, 3103, 3104); 0 takes free ones",
  },
  host: {
    value: HOST,
    default: '127.0.0.1',
    help: 'the address that balancer and nodes listen on; the embedded Redis is always on 127.0.0.1',
  },
  policy: { ...POLICY_SETTINGS.policy, excludes: { config: 'set the policy in its "upstream" block' } },
  config: {
    value: text('FILE'),
    help: 'an nginx.conf for the balancer, in place of `--port` and `--policy`; relative paths start from the current directory',
  },
  noHandOff: {
    help: 'relays every WebSocket; without it the process of the node gets the socket of a WebSocket over plain TCP, which then costs the balancer nothing per message',
  },
  adminPort: {
    value: PORT,
    otherwise: '3180, or a free port when that is in use',
    help: 'status, metrics and controls on `http://127.0.0.1:PORT`, for this machine only; 0 takes a free port',
  },
  noAdmin: { help: 'opens no admin listener' },
  adapter: {
    value: word(ADAPTERS),
    default: 'redis',
    variable: 'ADAPTER',
    help: 'how the nodes share rooms through Redis: `redis`, `sharded` (needs Redis 7) or `streams`; the embedded Redis does all three',
  },
  help: HELP,
  version: VERSION,
  redisUrl: {
    value: readBy('URL', checkedRedisUrl, RedisUrlError),
    variable: 'REDIS_URL',
    variableOnly: true,
    otherwise: 'the embedded Redis',
    example: 'redis://user:password@host:6379',
    help: 'the Redis that the nodes share, which must answer PING within 2 s',
  },
  controls: {
    value: ZERO_OR_ONE,
    variable: 'CONTROLS',
    variableOnly: true,
    otherwise: '`1` where `--host` is an address of this machine only, else `0`',
    help: '`1` lets anyone who sees the page kill, hang, drain and revive nodes and cut the embedded Redis; `0` does not',
  },
  plainSockets: PLAIN_SOCKETS,
});

export const PROGRAM: Program = {
  name: 'pinwheel',
  usage: ['npm start -- [flags]      (or: pinwheel [flags])'],
  summary: 'Starts Redis, echo nodes and the balancer on this machine and keeps them running.',
  settings: SETTINGS,
  notes: [
    'Ctrl-C drains and ends everything within 5 s; a second Ctrl-C ends it at once.',
    'Exit code: 0 after Ctrl-C, 1 when the cluster cannot start, 2 for a mistake on the command line.',
  ],
};

/** The options of a cluster that is started from a program, which has no admin listener unless it asks for one. */
export const DEFAULTS: ClusterOptions = defaultOptions();

function defaultOptions(): ClusterOptions {
  const { nodes, host, port, nodePort, adapter } = defaultsOf(SETTINGS);
  const policies = policiesOf(undefined, undefined);
  return Object.freeze({ nodes, host, port, nodePort, ...policies, handOff: true, controls: false, adapter });
}

export type ClusterCommand =
  { readonly kind: 'help' | 'version' } | { readonly kind: 'start'; readonly options: ClusterOptions };

/**
 * Reads the command line and the environment of `pinwheel`.
 *
 * @param args the command line after the program's name
 * @throws UsageError for the first mistake; the message never contains a password
 */
export function readClusterCommand(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): ClusterCommand {
  const command = readCommand(SETTINGS, { args, variables });
  if (command.kind !== 'run') return command;
  const { nodes, host, port, nodePort, policy, config, noHandOff, adminPort, noAdmin, adapter, redisUrl, controls } =
    command.values;
  const [lastPort = 0] = nodePorts({ nodes, nodePort, port }).slice(-1);
  if (lastPort > 65_535) {
    throw new UsageError(
      `--node-port ${nodePort} leaves no room for ${nodes} nodes: the last port is ${lastPort}, above 65535`,
    );
  }
  const admin = adminPort === undefined ? ADMIN : { port: adminPort };
  return {
    kind: 'start',
    options: {
      nodes,
      host,
      port,
      nodePort,
      ...policiesOf(policy, undefined),
      config,
      handOff: !noHandOff,
      admin: noAdmin ? undefined : admin,
      // Anyone who sees the page can end processes with its controls: by default only this machine can.
      controls: controls ?? isLoopback(host),
      adapter,
      redisUrl,
    },
  };
}

/** @returns the URL itself @throws RedisUrlError */
function checkedRedisUrl(url: string): string {
  readRedisUrl(url);
  return url;
}
