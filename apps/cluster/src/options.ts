import { type FlagKind, type Policies, readFlags, readInteger, readPolicies, UsageError } from '@pinwheel/balancer';
import { type AdapterName, ADAPTERS, isAdapterName } from '@pinwheel/protocol';
import { nodePorts } from './ports.js';
import { checkRedisUrl } from './redis-url.js';

/** The most nodes one machine is asked to run. */
const MAX_NODES = 64;

export interface AdminOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** When it is taken, a free one will do. */
  readonly orAnother?: boolean;
}

/** Where the admin listener is, unless it is said: two clusters on one machine then do not get in each other's way. */
const ADMIN: AdminOptions = { port: 3180, orAnother: true };

/** What a cluster is made of. */
export interface ClusterOptions extends Policies {
  /** Number of nodes, from 1. */
  readonly nodes: number;
  /** Address that the nodes and the balancer listen on; the embedded Redis is always on 127.0.0.1. */
  readonly host: string;
  /** The balancer's port; 0 takes a free one. */
  readonly port: number;
  /** The first node's port; each further node has the next one, the balancer's left out. 0 takes free ones. */
  readonly nodePort: number;
  /** An nginx.conf for the balancer; then `port` and the policies are the file's. */
  readonly config?: string | undefined;
  /** WebSockets over plain TCP are given to the node's process; else they are relayed like all else. */
  readonly handOff: boolean;
  /** The admin listener, on 127.0.0.1; none when absent. */
  readonly admin?: AdminOptions | undefined;
  /** The pages of the nodes may kill, hang, drain and revive nodes, and cut Redis. */
  readonly controls: boolean;
  /** How the nodes share rooms through Redis. */
  readonly adapter: AdapterName;
  /** `redis://` or `rediss://`; the embedded Redis when absent. */
  readonly redisUrl?: string | undefined;
}

export const DEFAULTS: ClusterOptions = Object.freeze({
  nodes: 2,
  host: '127.0.0.1',
  port: 3102,
  nodePort: 3100,
  policy: 'ip_hash',
  websocketPolicy: 'least_conn',
  handOff: true,
  controls: false,
  adapter: 'redis',
});

const KINDS = {
  nodes: 'value',
  host: 'value',
  port: 'value',
  'node-port': 'value',
  policy: 'value',
  config: 'value',
  'no-hand-off': 'switch',
  'admin-port': 'value',
  'no-admin': 'switch',
  adapter: 'value',
  help: 'switch',
  version: 'switch',
} as const satisfies Record<string, FlagKind>;

export const HELP = `usage: npm start -- [flags]      (or: pinwheel [flags])

Starts Redis, echo nodes and the balancer on this machine and keeps them running.

  --nodes N        how many nodes, 1 to ${MAX_NODES} (${DEFAULTS.nodes})
  --port PORT      the balancer's port (${DEFAULTS.port}; 0 takes a free one)
  --node-port PORT the port of Server1; Server2 and so on have the next ones, the balancer's
                   left out (${DEFAULTS.nodePort}; 0 takes free ones)
  --host HOST      the address that balancer and nodes listen on (${DEFAULTS.host})
  --policy NAME    round_robin, ip_hash or least_conn, for everything
                   (without it: ip_hash, and least_conn for WebSockets that open a session)
  --config FILE    an nginx.conf for the balancer, in place of --port and --policy
  --no-hand-off    relay every WebSocket; without it those over plain TCP are given to the
                   process of their node, and cost the balancer nothing
  --admin-port PORT status, metrics and controls on http://127.0.0.1:PORT, for this machine only
                   (${ADMIN.port}, or a free one when that is taken; 0 takes a free one)
  --no-admin       without them
  --adapter NAME   how the nodes share rooms through Redis: redis (the default), sharded (needs
                   Redis 7) or streams; the embedded Redis does all three
  --help           show this text
  --version        show the version

REDIS_URL in the environment, such as redis://user:password@host:6379, takes the place of the embedded Redis.
CONTROLS=1 lets whoever sees the page kill, hang, drain and revive nodes and cut Redis, CONTROLS=0 does not;
without it they may where --host is an address of this machine only, as it is by default.
Ctrl-C drains and ends everything within 5 s; a second one ends at once.
Exit code: 0 after Ctrl-C, 1 when the cluster cannot start, 2 for a command line that does not fit.
`;

export interface Command {
  readonly command: 'help' | 'version' | 'start';
  readonly options: ClusterOptions;
}

/**
 * Reads the command line and the environment of `pinwheel`.
 *
 * @param args the command line behind the program's name
 * @throws UsageError for one that does not fit; never with a password in it
 */
export function readCommand(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  const flags = readFlags(args, KINDS);
  const integer = (
    name: 'nodes' | 'port' | 'node-port' | 'admin-port',
    min: number,
    max: number,
    otherwise: number,
  ): number => {
    const text = flags.value(name);
    return text === undefined ? otherwise : readInteger(`--${name}`, text, min, max);
  };
  const redisUrl = env['REDIS_URL'];
  const options: ClusterOptions = {
    nodes: integer('nodes', 1, MAX_NODES, DEFAULTS.nodes),
    port: integer('port', 0, 65_535, DEFAULTS.port),
    nodePort: integer('node-port', 0, 65_535, DEFAULTS.nodePort),
    host: readHost(flags.value('host') ?? DEFAULTS.host),
    ...readPolicies(flags),
    config: readConfig(flags),
    admin: flags.has('no-admin')
      ? undefined
      : flags.value('admin-port') === undefined
        ? ADMIN
        : { port: integer('admin-port', 0, 65_535, 0) },
    handOff: !flags.has('no-hand-off'),
    controls: readControls(env['CONTROLS'], readHost(flags.value('host') ?? DEFAULTS.host)),
    adapter: readAdapter(flags.value('adapter'), env['ADAPTER']),
    redisUrl: redisUrl === undefined || redisUrl === '' ? undefined : checkRedisUrl(redisUrl),
  };
  const last = nodePorts(options).at(-1) ?? 0;
  if (last > 65_535) {
    throw new UsageError('--node-port', `room for ${options.nodes} ports up to 65535`, String(options.nodePort));
  }
  return { command: flags.has('help') ? 'help' : flags.has('version') ? 'version' : 'start', options };
}

function readConfig(flags: ReturnType<typeof readFlags>): string | undefined {
  const file = flags.value('config');
  if (file === undefined) return undefined;
  for (const name of ['port', 'policy']) {
    const value = flags.value(name);
    if (value !== undefined) throw new UsageError(`--${name}`, 'it to stand in the file of --config', value);
  }
  return file;
}

/** By default for those on this machine only: anyone who sees the page may end processes with them. */
function readControls(given: string | undefined, host: string): boolean {
  if (given === undefined || given === '') return /^(127\.|::1$|localhost$)/.test(host);
  if (given !== '0' && given !== '1') throw new UsageError('CONTROLS', '0 or 1', given);
  return given === '1';
}

/** A flag goes before the environment, which is what a single node is told by. */
function readAdapter(flag: string | undefined, variable: string | undefined): AdapterName {
  const text = flag ?? (variable === '' ? undefined : variable) ?? DEFAULTS.adapter;
  if (isAdapterName(text)) return text;
  throw new UsageError(flag === undefined ? 'ADAPTER' : '--adapter', `one of ${ADAPTERS.join(', ')}`, text);
}

function readHost(text: string): string {
  const host = /^\[(.+)\]$/.exec(text)?.[1] ?? text;
  if (!/^[^\s/[\]]+$/.test(host)) throw new UsageError('--host', 'an address or host name', text);
  return host;
}
