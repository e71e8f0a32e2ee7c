import { isTag } from '@pinwheel/protocol';
import {
  callback,
  field,
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
import type { Infer, Input } from './schema.js';
import type { HandOffTarget } from './hand-off-target.js';
import { resolver } from './resolver.js';
import { sticky } from './sticky.js';
import { upstreamTls } from './tls.js';
import { templated } from './value.js';

/** How a peer is chosen, in nginx's words: `hash KEY`, `hash KEY consistent` and `random two` have a name each. */
const policy = oneOf('round_robin', 'ip_hash', 'least_conn', 'hash', 'consistent_hash', 'random', 'random_two');

const tag = field<string>({ kind: 'node tag of 1 to 64 characters A-Z a-z 0-9 _ -' }, (value, path) => {
  if (typeof value !== 'string' || !isTag(value)) {
    throw new OptionError(path, 'a node tag of 1 to 64 characters A-Z a-z 0-9 _ -', value);
  }
  return value;
});

const handOff = field<HandOffTarget>({ kind: 'object with a method `give`' }, (value, path) => {
  if (!isHandOffTarget(value)) throw new OptionError(path, 'an object with a method "give"', value);
  return value;
});

function isHandOffTarget(value: unknown): value is HandOffTarget {
  return typeof value === 'object' && value !== null && 'give' in value && typeof value.give === 'function';
}

const peerFields = object({
  /**
   * Address or name, or `unix:` and the path of a socket. A name is looked up when a connection is made; answers are kept for
   * 5 s. @example '10.0.0.11'
   */
  host: text('an address, a host name or unix: and a path', /^(?:[^\s/]+|unix:.+)$/s),
  /** 0 for a Unix socket. @example 3100 */
  port: integer(0, 65_535),
  /** Share of the requests. */
  weight: optional(integer(1, 65_535), 1),
  /** Failures within `failTimeout` that take the peer out for `failTimeout`; 0 never does (nginx: `max_fails`). */
  maxFails: optional(integer(0), 1),
  /** See `maxFails` (nginx: `fail_timeout`). */
  failTimeout: optional(milliseconds, 10_000),
  /** Requests and tunnels in flight at once; 0 is no limit (nginx: `max_conns`). */
  maxConns: optional(integer(0), 0),
  /** Never chosen. */
  down: optional(flag, false),
  /** Chosen only when no other peer is available. */
  backup: optional(flag, false),
  /** Takes only requests of the sessions that it already has. */
  drain: optional(flag, false),
  /** Returns true while the peer drains; called at every choice. */
  drains: maybe(callback<() => boolean>()),
  /** The name is looked up while serving, by the upstream's `resolver`: one peer for each address. */
  resolve: optional(flag, false),
  /** The peers come from the SRV records of this service of the name; needs `resolve`. @example '_http._tcp' */
  service: maybe(text('a service', /^\S+$/)),
  /**
   * The server as the configuration writes it, with or without a port: `consistent_hash` places the server by this text, not by
   * its addresses. The peer's own `host:port` when absent. @example 'app1.internal'
   */
  server: maybe(text('a name', /^.+$/)),
  /** The peer's name in `sticky` (nginx: `route=`); the MD5 of its address in hexadecimal digits when absent. @example 'a' */
  id: maybe(text('a name', /^.+$/s)),
  /** The node tag in this peer's session ids, when it is known beforehand (nginx: `route=`). @example 'server1' */
  route: maybe(tag),
  /** Takes over WebSockets over plain TCP. When absent, they are tunnelled. */
  handOff: maybe(handOff),
});

const peer = field<PeerOptions, GivenPeer>({ kind: 'object', fields: peerFields.fields }, (given, path) => {
  const options = peerFields(given, path);
  if (options.port === 0 && !options.host.startsWith('unix:')) {
    throw new OptionError(`${path}.port`, 'a whole number from 1 to 65535', 0);
  }
  return options;
});

/** Idle connections to peers, kept for further requests. */
const keepalive = object({
  /** Idle connections kept for each peer; 0 closes each after its request. */
  connections: optional(integer(0), 32),
  /** `connections` counts those to all peers together, as in nginx; the one idle for longest is closed first. */
  shared: optional(flag, false),
  /** Requests on one connection before it is closed. */
  requests: optional(integer(1), 1_000),
  /** Age of a connection after which it is not reused. */
  time: optional(milliseconds, 3_600_000),
  /** For which an idle connection is kept; a shorter `Keep-Alive: timeout` of the peer wins. */
  timeout: optional(milliseconds, 60_000),
});

/** Health checks. Any HTTP response passes one. */
const healthCheck = object({
  /** Between two checks of a peer. */
  interval: optional(milliseconds, 1_000),
  /** Checks missed in a row after which a peer's connections are closed. */
  misses: optional(integer(1), 3),
  /** Path that is requested. */
  path: optional(text('a path', /^\/\S*$/), '/healthz'),
});

const fields = object({
  /** The name that locations use. @example 'nodes' */
  name: text('a name', /^\S+$/),
  /** The servers. */
  peers: list(peer, 1),
  /** How a peer is chosen for a request that is not pinned. */
  policy: optional(policy, 'round_robin'),
  /** The key of `hash` and `consistent_hash`, worked out for each choice. Round robin chooses when it is empty. @example (facts) => facts.uri */
  hashKey: maybe(templated),
  /** The policy for WebSocket upgrades that open a session; `policy` when absent. @example 'least_conn' */
  websocketPolicy: maybe(policy),
  /** Requests that carry an Engine.IO `sid` go to the peer that opened the session. */
  stickySid: optional(flag, true),
  /** Shares the state of the peers with the `siblings`, which share sessions in any case (nginx: `zone`). */
  shared: optional(flag, false),
  /** Session ids without a tag that are remembered; the least recently used is forgotten first. */
  learnedSids: optional(integer(1), 100_000),
  /** Name servers for peers with `resolve`. */
  resolver: maybe(resolver),
  /** Keeps the requests of a client at one peer. Requests of an Engine.IO session go to the peer of the session. */
  sticky: maybe(sticky),
  /** Idle connections to peers, kept for further requests. */
  keepalive: optional(keepalive, keepalive({}, 'keepalive')),
  /** Unhealthy peers are not chosen, and their connections are closed. Without it there are no checks. @example {} */
  healthCheck: maybe(healthCheck),
  /** Connects to peers over TLS. @example { name: 'nodes.internal' } */
  tls: maybe(upstreamTls),
});

/** Reads one of `ProxyOptions.upstreams`. */
export const upstream = field<UpstreamOptions, GivenUpstream>(
  { kind: 'object', fields: fields.fields },
  (given, path) => {
    const options = fields(given, path);
    const hashes = [options.policy, options.websocketPolicy].some((one) => one === 'hash' || one === 'consistent_hash');
    if (hashes && options.hashKey === undefined) throw new OptionError(`${path}.hashKey`, 'a key to hash', undefined);
    if (options.resolver === undefined && options.peers.some((one) => one.resolve)) {
      throw new OptionError(`${path}.resolver`, 'name servers, for peers with "resolve"', undefined);
    }
    return options;
  },
);

export type PolicyName = Infer<typeof policy>;
/** One server behind the balancer (nginx: `server` in `upstream`). */
export type PeerOptions = Infer<typeof peerFields>;
export type GivenPeer = Input<typeof peerFields>;
export type KeepaliveOptions = Infer<typeof keepalive>;
export type HealthCheckOptions = Infer<typeof healthCheck>;
export type UpstreamOptions = Infer<typeof fields>;
/** An upstream as a caller writes it. */
export type GivenUpstream = Input<typeof fields>;
