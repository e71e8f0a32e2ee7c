import { isTag } from '@pinwheel/protocol';
import {
  callback,
  flag,
  integer,
  list,
  maybe,
  milliseconds,
  object,
  oneOf,
  OptionError,
  optional,
  text,
} from './schema.js';
import type { Field, Given } from './schema.js';
import { sticky } from './sticky.js';
import type { StickyOptions } from './sticky.js';
import type { HandOffTarget } from './hand-off-target.js';
import type { UpstreamTlsOptions } from './tls.js';
import { upstreamTls } from './tls.js';
import { templated } from './value.js';
import type { Value } from './value.js';

/** How a peer is chosen, in nginx's words: `hash KEY`, `hash KEY consistent` and `random two` have a name each. */
export type PolicyName =
  'round_robin' | 'ip_hash' | 'least_conn' | 'hash' | 'consistent_hash' | 'random' | 'random_two';

/** One server behind the balancer: nginx's `server` in `upstream`. */
export interface PeerOptions {
  /**
   * Address or name, or `unix:` and the path of a socket. A name is looked up when a connection is made; answers are kept
   * for 5 s.
   */
  readonly host: string;
  /** 0 for a unix socket. */
  readonly port: number;
  /** Share of the requests. Default 1. */
  readonly weight: number;
  /** Failures within `failTimeout` that make the peer unusable for `failTimeout`; 0 never does. Default 1. */
  readonly maxFails: number;
  /** Milliseconds. Default 10,000. */
  readonly failTimeout: number;
  /** Requests and tunnels at once; 0 is no limit. Default 0. */
  readonly maxConns: number;
  /** Never chosen. Default false. */
  readonly down: boolean;
  /** Chosen only when no other peer is usable. Default false. */
  readonly backup: boolean;
  /** Only for the sessions it already has. Default false. */
  readonly drain: boolean;
  /** Whether it drains now; asked for at every choice. Default: never. */
  readonly drains?: (() => boolean) | undefined;
  /** The name is looked up while serving, by the upstream's `resolver`: one peer for each address. Default false. */
  readonly resolve: boolean;
  /** The peers are those that SRV records of this service of the name say; needs `resolve`. */
  readonly service?: string | undefined;
  /**
   * The server as it is written in a configuration, `host:port`, port left out or not: `consistent_hash` places a server
   * by it, whatever addresses it has. The peer's own `host:port` when absent.
   */
  readonly server?: string | undefined;
  /** What `sticky` calls it (nginx: `route=`); the MD5 of its name, in hexadecimal digits, when absent. */
  readonly id?: string | undefined;
  /** The node tag in this peer's session ids, when it is known beforehand (nginx: `route=`). */
  readonly route?: string | undefined;
  /** Takes WebSockets over plain TCP over from here. Default: they are tunnelled. */
  readonly handOff?: HandOffTarget | undefined;
}

export interface KeepaliveOptions {
  /** Idle connections kept for each peer. 0 closes each after its request. Default 32. */
  readonly connections: number;
  /** `connections` are those to all peers together, the one idle longest closed first, as in nginx. Default false. */
  readonly shared: boolean;
  /** Requests on one connection before it is closed. Default 1,000. */
  readonly requests: number;
  /** Milliseconds a connection may be in use since it was opened. Default 3,600,000. */
  readonly time: number;
  /** Milliseconds an idle connection is kept; a shorter `Keep-Alive: timeout` of the peer wins. Default 60,000. */
  readonly timeout: number;
}

/** Signs of life that are asked of peers. Any HTTP answer is one. */
export interface HealthCheckOptions {
  /** Milliseconds between two looks. Default 1,000. */
  readonly interval: number;
  /** Looks in a row without an answer after which a peer's connections are ended. Default 3. */
  readonly misses: number;
  /** What is asked for. Default `/healthz`. */
  readonly path: string;
}

/** Name servers (nginx: `resolver`). */
export interface ResolverOptions {
  /** `address:port`, an IPv6 address in brackets. None: those of the system. */
  readonly servers: readonly string[];
  /** Milliseconds that answers are kept; as long as they say themselves when absent. */
  readonly valid?: number | undefined;
  /** Whether addresses of that kind are asked for. Default true. */
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Milliseconds for an answer, and after a question that nobody answered. Default 30,000. */
  readonly timeout: number;
}

export interface UpstreamOptions {
  readonly name: string;
  readonly peers: readonly PeerOptions[];
  /** Default `round_robin`. */
  readonly policy: PolicyName;
  /** What `hash` and `consistent_hash` choose by; worked out for each pick. Where it is empty, round robin chooses. */
  readonly hashKey?: Value | undefined;
  /** The policy for WebSocket upgrades that open a session; `policy` when absent. */
  readonly websocketPolicy?: PolicyName | undefined;
  /** Requests that carry an Engine.IO `sid` go to the peer that opened the session. Default true. */
  readonly stickySid: boolean;
  /** Processes that share sessions (`siblings`) share the state of the peers, too (nginx: `zone`). Default false. */
  readonly shared: boolean;
  /** Untagged session ids remembered, the least recently used forgotten first. Default 100,000. */
  readonly learnedSids: number;
  /** Who is asked for the names of peers with `resolve`. */
  readonly resolver?: ResolverOptions | undefined;
  /** Requests of one client go to one peer. Requests of an Engine.IO session go to the peer of the session. */
  readonly sticky?: StickyOptions | undefined;
  readonly keepalive: KeepaliveOptions;
  /** Peers that give no sign of life are not chosen, and their connections are ended; without it they are not asked. */
  readonly healthCheck?: HealthCheckOptions | undefined;
  /** Peers are spoken to over TLS. */
  readonly tls?: UpstreamTlsOptions | undefined;
}

export type GivenPeer = Given<PeerOptions, 'host' | 'port'>;
export type GivenUpstream = Given<
  Omit<UpstreamOptions, 'peers' | 'keepalive' | 'tls' | 'resolver' | 'healthCheck'> & {
    readonly healthCheck: Partial<HealthCheckOptions>;
    readonly resolver: Given<ResolverOptions, 'servers'>;
    readonly tls: Given<UpstreamTlsOptions, 'name'>;
    readonly peers: readonly GivenPeer[];
    readonly keepalive: Partial<KeepaliveOptions>;
  },
  'name' | 'peers'
>;

const policy = oneOf('round_robin', 'ip_hash', 'least_conn', 'hash', 'consistent_hash', 'random', 'random_two');
const tag: Field<string> = (value, path) => {
  if (typeof value !== 'string' || !isTag(value)) {
    throw new OptionError(path, 'a node tag of 1 to 64 characters A-Z a-z 0-9 _ -', value);
  }
  return value;
};

const handOff: Field<HandOffTarget> = (value, path) => {
  if (!isHandOffTarget(value)) throw new OptionError(path, 'an object with a method "give"', value);
  return value;
};

function isHandOffTarget(value: unknown): value is HandOffTarget {
  return typeof value === 'object' && value !== null && 'give' in value && typeof value.give === 'function';
}

const peerFields = object<PeerOptions>({
  host: text('an address, a host name or unix: and a path', /^(?:[^\s/]+|unix:.+)$/s),
  port: integer(0, 65_535),
  weight: optional(integer(1, 65_535), 1),
  maxFails: optional(integer(0), 1),
  failTimeout: optional(milliseconds, 10_000),
  maxConns: optional(integer(0), 0),
  down: optional(flag, false),
  backup: optional(flag, false),
  drain: optional(flag, false),
  drains: maybe((given, path) => callback(given, path) as () => boolean),
  resolve: optional(flag, false),
  service: maybe(text('a service', /^\S+$/)),
  server: maybe(text('a name', /^.+$/)),
  id: maybe(text('a name', /^.+$/s)),
  route: maybe(tag),
  handOff: maybe(handOff),
});

const peer: Field<PeerOptions> = (given, path) => {
  const options = peerFields(given, path);
  if (options.port === 0 && !options.host.startsWith('unix:')) {
    throw new OptionError(`${path}.port`, 'a whole number from 1 to 65535', 0);
  }
  return options;
};

const keepalive = object<KeepaliveOptions>({
  connections: optional(integer(0), 32),
  shared: optional(flag, false),
  requests: optional(integer(1), 1_000),
  time: optional(milliseconds, 3_600_000),
  timeout: optional(milliseconds, 60_000),
});

const healthCheck = object<HealthCheckOptions>({
  interval: optional(milliseconds, 1_000),
  misses: optional(integer(1), 3),
  path: optional(text('a path', /^\/\S*$/), '/healthz'),
});

/** Reads `ResolverOptions`. */
export const resolver = object<ResolverOptions>({
  servers: list(text('an address and a port', /^(?:[\d.]+|\[[\dA-Fa-f:.]+\]):\d+$/)),
  valid: maybe(milliseconds),
  ipv4: optional(flag, true),
  ipv6: optional(flag, true),
  timeout: optional(milliseconds, 30_000),
});

const fields = object<UpstreamOptions>({
  name: text('a name', /^\S+$/),
  peers: list(peer, 1),
  policy: optional(policy, 'round_robin'),
  hashKey: maybe(templated),
  websocketPolicy: maybe(policy),
  stickySid: optional(flag, true),
  shared: optional(flag, false),
  learnedSids: optional(integer(1), 100_000),
  resolver: maybe(resolver),
  sticky: maybe(sticky),
  keepalive: optional(keepalive, keepalive({}, 'keepalive')),
  healthCheck: maybe(healthCheck),
  tls: maybe(upstreamTls),
});

/** Reads one of `ProxyOptions.upstreams`. */
export const upstream: Field<UpstreamOptions> = (given, path) => {
  const options = fields(given, path);
  const hashes = [options.policy, options.websocketPolicy].some((one) => one === 'hash' || one === 'consistent_hash');
  if (hashes && options.hashKey === undefined) throw new OptionError(`${path}.hashKey`, 'a key to hash', undefined);
  if (options.resolver === undefined && options.peers.some((one) => one.resolve)) {
    throw new OptionError(`${path}.resolver`, 'name servers, for peers with "resolve"', undefined);
  }
  return options;
};
