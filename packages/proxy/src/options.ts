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
} from './fields.js';
import type { Facts } from './facts.js';
import type { Field } from './fields.js';
import { filesField, typesField } from './files/files-options.js';
import type { FilesOptions } from './files/files-options.js';
import type { TlsOptions, UpstreamTlsOptions, VerifyClient } from './tls-options.js';
import { listenerTls, upstreamTls, verifyClient } from './tls-options.js';

export type { FilesOptions } from './files/files-options.js';
export type * from './tls-options.js';

/** nginx's words for how a peer is chosen. */
export type PolicyName = 'round_robin' | 'ip_hash' | 'least_conn';

/** One server behind the balancer: nginx's `server` in `upstream`. */
export interface PeerOptions {
  /** Address or name. A name is looked up when a connection is made; answers are kept for 5 s. */
  readonly host: string;
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
  /** The node tag in this peer's session ids, when it is known beforehand (nginx: `route=`). */
  readonly route?: string | undefined;
}

export interface KeepaliveOptions {
  /** Idle connections kept per upstream peer. 0 closes each after its request. Default 32. */
  readonly connections: number;
  /** Requests on one connection before it is closed. Default 1,000. */
  readonly requests: number;
  /** Milliseconds a connection may be in use since it was opened. Default 3,600,000. */
  readonly time: number;
  /** Milliseconds an idle connection is kept; a shorter `Keep-Alive: timeout` of the peer wins. Default 60,000. */
  readonly timeout: number;
}

export interface UpstreamOptions {
  readonly name: string;
  readonly peers: readonly PeerOptions[];
  /** Default `round_robin`. */
  readonly policy: PolicyName;
  /** The policy for WebSocket upgrades that open a session; `policy` when absent. */
  readonly websocketPolicy?: PolicyName | undefined;
  /** Requests that carry an Engine.IO `sid` go to the peer that opened the session. Default true. */
  readonly stickySid: boolean;
  /** Untagged session ids remembered, the least recently used forgotten first. Default 100,000. */
  readonly learnedSids: number;
  readonly keepalive: KeepaliveOptions;
  /** Peers are spoken to over TLS. */
  readonly tls?: UpstreamTlsOptions | undefined;
}

export interface ListenOptions {
  /** Address to bind. Default `127.0.0.1`. */
  readonly host: string;
  /** 0 takes a free port, found afterwards in `Proxy.addresses`. */
  readonly port: number;
  /** Length of the queue of connections not yet accepted. Default 511. */
  readonly backlog: number;
  /** Terminates TLS here. */
  readonly tls?: TlsOptions | undefined;
  /**
   * Addresses and CIDR blocks whose `X-Forwarded-For` is believed: the client address is then the last one in it that is
   * not itself trusted (nginx: `set_real_ip_from`, `real_ip_recursive on`). Default none.
   */
  readonly trustedProxies: readonly string[];
}

/** A byte string (latin1: one character is one byte), or what makes it for a request. */
export type Value = string | ((facts: Facts) => string);

/** A field of the request to a peer; '' leaves it out (nginx: `proxy_set_header`). */
export interface FieldOptions {
  readonly name: string;
  readonly value: Value;
}

/** A field added to answers; '' leaves it out (nginx: `add_header`). */
export interface AddedFieldOptions extends FieldOptions {
  /** On every status, not only 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308. Default false. */
  readonly always: boolean;
}

/** An answer of the balancer's own (nginx: `return`). */
export interface ReplyOptions {
  /** 444 closes the connection without an answer. */
  readonly status: number;
  /** Body; for 301, 302, 303, 307 and 308 the `Location`. Without it the page of the status. */
  readonly text?: Value | undefined;
  /** Default `text/plain`. */
  readonly contentType?: string | undefined;
  /** Types by the extension of the path that is asked for; they go before `contentType`. */
  readonly types?: ReadonlyMap<string, string> | undefined;
}

/** What a client gets instead of a status (nginx: `error_page`). */
export interface ErrorPageOptions {
  readonly statuses: readonly number[];
  /** The status to tell; 0 tells that of the page, undefined the one that it is for. */
  readonly answer?: number | undefined;
  /** A path of the same server, `@name` of a location, or a URL the client is sent to. */
  readonly target: Value;
}

/** What becomes of the requests that fit (nginx: `location`). It has one of `upstream`, `reply`, `stubStatus` and `files`. */
export interface LocationOptions {
  /** Begins with `/`; empty for an expression, for a named location its name. */
  readonly path: string;
  /**
   * `prefix` (default): the longest one that fits, unless an expression does. `final_prefix`: no expression goes before
   * it (`^~`). `exact` (`=`). `expression`: `matches` decides, in the order of the options. `named`: only for internal
   * redirects, its `path` is a name that begins with `@`.
   */
  readonly match: 'prefix' | 'final_prefix' | 'exact' | 'expression' | 'named';
  readonly matches?: ((path: string, facts: Facts) => boolean) | undefined;
  /** The upstream's name. */
  readonly upstream?: string | undefined;
  readonly reply?: ReplyOptions | undefined;
  /** Answers with what the proxy counts of its connections (`stub_status`). */
  readonly stubStatus?: true | undefined;
  readonly files?: FilesOptions | undefined;
  /** The folder of the files, an absolute path without a slash at its end. Default ''. */
  readonly root?: Value | undefined;
  /** Looked at for the requests that fit this one. Default none. */
  readonly locations: readonly LocationOptions[];
  /** Run before the request is answered (`set`). */
  readonly prepare?: ((facts: Facts) => void) | undefined;
  readonly errorPages?: readonly ErrorPageOptions[] | undefined;
  /** Takes the place of `path` in the target (`proxy_pass` with a URI). */
  readonly uri?: string | undefined;
  /** Fields of the request to the peer instead of the forwarding fields that are sent by default. */
  readonly fields?: readonly FieldOptions[] | undefined;
  /** Fields added to every answer of the location, a 101 and error pages included. */
  readonly addedFields?: readonly AddedFieldOptions[] | undefined;
  /** Milliseconds; `timeouts.connect`, `.read` and `.upstreamSend` when absent. */
  readonly connectTimeout?: number | undefined;
  readonly readTimeout?: number | undefined;
  readonly sendTimeout?: number | undefined;
  /** Bytes of a request body, 0 for no limit; `limits.body` when absent. */
  readonly bodyLimit?: number | undefined;
  /** Told when a request is over, for a tunnel when the tunnel is (`access_log`). */
  readonly onEnd?: ((facts: Facts) => void) | undefined;
}

/** A virtual server: which hosts it answers for and where its requests go. */
export interface ServerOptions {
  /** Indexes of the listeners it serves; all when absent. */
  readonly listeners?: readonly number[] | undefined;
  /** Indexes of the listeners whose requests for no known name it takes; else the first server does. Default none. */
  readonly defaultFor: readonly number[];
  /** Host names, lower case, without port; `*.name`, `name.*` and `.name` as in nginx. Default none. */
  readonly names: readonly string[];
  /** Expressions for host names, tried after the names. Default none. */
  readonly expressions: readonly ((host: string, facts: Facts) => boolean)[];
  /** What its clients have to show; the same in the `tls` of its listeners. Default `off`. */
  readonly verifyClient: VerifyClient;
  /** Certificates between a client's and the one it is trusted for, at most. Default 1. */
  readonly verifyDepth: number;
  readonly locations: readonly LocationOptions[];
  /** What becomes of requests that fit no location, and of what is no request. Default: 404, without log. */
  readonly otherwise?: LocationOptions | undefined;
  /** Run before a location is chosen (`set`). */
  readonly prepare?: ((facts: Facts) => void) | undefined;
}

export interface TimeoutOptions {
  /** Milliseconds for a whole request head, from its first byte (for the first: from accept). Default 60,000. */
  readonly clientHeader: number;
  /** Milliseconds between two reads of a request body. Default 60,000. */
  readonly clientBody: number;
  /** Milliseconds a client connection may idle between requests. Default 75,000. */
  readonly keepalive: number;
  /** Milliseconds between two writes that the client takes. Default 60,000. */
  readonly send: number;
  /** Milliseconds to connect to a peer. Default 60,000. */
  readonly connect: number;
  /** Milliseconds between two reads from a peer; for a tunnel, of silence on both sides. Default 60,000. */
  readonly read: number;
  /** Milliseconds between two writes that the peer takes. Default 60,000. */
  readonly upstreamSend: number;
}

export interface LimitOptions {
  /** Bytes of a request line or one header line. Default 8,192. */
  readonly line: number;
  /** Bytes of a whole head. Default 32,768. */
  readonly head: number;
  /** Header fields in a head. Default 100. */
  readonly fields: number;
  /** Bytes of a request body; 0 is no limit. Default 1,048,576. */
  readonly body: number;
  /** Requests on one client connection. Default 1,000. */
  readonly requests: number;
}

/** How bad a log entry is, in nginx's words. */
export type LogLevel = 'info' | 'notice' | 'warn' | 'error' | 'crit';

export interface ProxyOptions {
  readonly listeners: readonly ListenOptions[];
  readonly upstreams: readonly UpstreamOptions[];
  /** Default: one server whose `/` goes to the first upstream. */
  readonly servers: readonly ServerOptions[];
  readonly timeouts: TimeoutOptions;
  readonly limits: LimitOptions;
  /** Milliseconds between two questions to the peers which tag is whose. Default 1,000. */
  readonly tagQueryInterval: number;
  /** Whether they are asked at start too, and not only when an unknown tag comes. Default true. */
  readonly tagQueryAtStart: boolean;
  /** Where errors are told. Default: nowhere. */
  readonly log: (level: LogLevel, message: string) => void;
}

/** `T` as a caller writes it: what has a default may be left out. */
type Given<T, Required extends keyof T> = Partial<T> & Pick<T, Required>;

export type GivenPeer = Given<PeerOptions, 'host' | 'port'>;
export type GivenUpstream = Given<
  Omit<UpstreamOptions, 'peers' | 'keepalive' | 'tls'> & {
    readonly tls: Given<UpstreamTlsOptions, 'name'>;
    readonly peers: readonly GivenPeer[];
    readonly keepalive: Partial<KeepaliveOptions>;
  },
  'name' | 'peers'
>;
export type GivenListener = Given<ListenOptions, 'port'>;
export type GivenLocation = Given<
  Omit<LocationOptions, 'locations'> & { readonly locations: readonly GivenLocation[] },
  'path'
>;
export type GivenServer = Given<
  Omit<ServerOptions, 'locations' | 'otherwise'> & {
    readonly locations: readonly GivenLocation[];
    readonly otherwise: GivenLocation;
  },
  'locations'
>;
/** What `createProxy` takes. */
export interface GivenProxyOptions {
  readonly listeners: readonly GivenListener[];
  readonly upstreams: readonly GivenUpstream[];
  readonly servers?: readonly GivenServer[];
  readonly timeouts?: Partial<TimeoutOptions>;
  readonly limits?: Partial<LimitOptions>;
  readonly tagQueryInterval?: number;
  readonly tagQueryAtStart?: boolean;
  readonly log?: (level: LogLevel, message: string) => void;
}

const hostName = text('an address or host name', /^[^\s/]+$/);
const port = integer(1, 65_535);
const policy = oneOf('round_robin', 'ip_hash', 'least_conn');
const tag: Field<string> = (value, path) => {
  if (typeof value !== 'string' || !isTag(value)) {
    throw new OptionError(path, 'a node tag of 1 to 64 characters A-Z a-z 0-9 _ -', value);
  }
  return value;
};

const peer = object<PeerOptions>({
  host: hostName,
  port,
  weight: optional(integer(1, 65_535), 1),
  maxFails: optional(integer(0), 1),
  failTimeout: optional(milliseconds, 10_000),
  maxConns: optional(integer(0), 0),
  down: optional(flag, false),
  backup: optional(flag, false),
  drain: optional(flag, false),
  route: maybe(tag),
});

const keepalive = object<KeepaliveOptions>({
  connections: optional(integer(0), 32),
  requests: optional(integer(1), 1_000),
  time: optional(milliseconds, 3_600_000),
  timeout: optional(milliseconds, 60_000),
});

const upstream = object<UpstreamOptions>({
  name: text('a name', /^\S+$/),
  peers: list(peer, 1),
  policy: optional(policy, 'round_robin'),
  websocketPolicy: maybe(policy),
  stickySid: optional(flag, true),
  learnedSids: optional(integer(1), 100_000),
  keepalive: optional(keepalive, keepalive({}, 'keepalive')),
  tls: maybe(upstreamTls),
});

const listener = object<ListenOptions>({
  host: optional(hostName, '127.0.0.1'),
  port: integer(0, 65_535),
  backlog: optional(integer(1), 511),
  tls: maybe(listenerTls),
  trustedProxies: optional(list(text('an address or CIDR block', /^[0-9A-Fa-f:.]+(\/\d{1,3})?$/)), []),
});

const templated: Field<Value> = (given, path) =>
  typeof given === 'string' ? given : (callback(given, path) as Exclude<Value, string>);

const yes: Field<true> = (given, path) => {
  if (given === true) return true;
  throw new OptionError(path, 'true', given);
};

const fieldName = text('a field name', /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);

const prepare: Field<(facts: Facts) => void> = (given, path) => callback(given, path) as (facts: Facts) => void;

const locationFields: Field<LocationOptions> = object<LocationOptions>({
  path: text('a path', /^(?:[/@]|$)/),
  match: optional(oneOf('prefix', 'final_prefix', 'exact', 'expression', 'named'), 'prefix'),
  matches: maybe((given, path) => callback(given, path) as NonNullable<LocationOptions['matches']>),
  upstream: maybe(text('a name', /^\S+$/)),
  reply: maybe(
    object<ReplyOptions>({
      status: integer(200, 999),
      text: maybe(templated),
      contentType: maybe(text('a media type', /^[ -~]*$/)),
      types: maybe(typesField),
    }),
  ),
  stubStatus: maybe(yes),
  files: maybe(filesField(templated)),
  root: maybe(templated),
  locations: optional((given, path) => list(locationFields)(given, path), []),
  prepare: maybe(prepare),
  errorPages: maybe(
    list(
      object<ErrorPageOptions>({
        statuses: list(integer(300, 599)),
        answer: maybe(integer(0, 999)),
        target: templated,
      }),
    ),
  ),
  uri: maybe(text('a path', /^\//)),
  fields: maybe(list(object<FieldOptions>({ name: fieldName, value: templated }))),
  addedFields: maybe(
    list(object<AddedFieldOptions>({ name: fieldName, value: templated, always: optional(flag, false) })),
  ),
  connectTimeout: maybe(milliseconds),
  readTimeout: maybe(milliseconds),
  sendTimeout: maybe(milliseconds),
  bodyLimit: maybe(integer(0)),
  onEnd: maybe((given, path) => callback(given, path) as NonNullable<LocationOptions['onEnd']>),
});

const server = object<ServerOptions>({
  listeners: maybe(list(integer(0))),
  defaultFor: optional(list(integer(0)), []),
  names: optional(list(text('a host name in lower case', /^[^\sA-Z]*$/)), []),
  expressions: optional(
    list((given, path) => callback(given, path) as ServerOptions['expressions'][number]),
    [],
  ),
  verifyClient: optional(verifyClient, 'off'),
  verifyDepth: optional(integer(0), 1),
  locations: list(locationFields),
  otherwise: maybe(locationFields),
  prepare: maybe(prepare),
});

const timeouts = object<TimeoutOptions>({
  clientHeader: optional(milliseconds, 60_000),
  clientBody: optional(milliseconds, 60_000),
  keepalive: optional(milliseconds, 75_000),
  send: optional(milliseconds, 60_000),
  connect: optional(milliseconds, 60_000),
  read: optional(milliseconds, 60_000),
  upstreamSend: optional(milliseconds, 60_000),
});

const limits = object<LimitOptions>({
  line: optional(integer(64, 65_536), 8_192),
  head: optional(integer(256, 1_048_576), 32_768),
  fields: optional(integer(1, 10_000), 100),
  body: optional(integer(0), 1_048_576),
  requests: optional(integer(1), 1_000),
});

const logger: Field<ProxyOptions['log']> = (value, path) => callback(value, path) as ProxyOptions['log'];

const proxy = object<ProxyOptions>({
  listeners: list(listener, 1),
  upstreams: list(upstream),
  servers: optional(list(server, 1), []),
  timeouts: optional(timeouts, timeouts({}, 'timeouts')),
  limits: optional(limits, limits({}, 'limits')),
  tagQueryInterval: optional(milliseconds, 1_000),
  tagQueryAtStart: optional(flag, true),
  log: optional(logger, () => undefined),
});

/**
 * Checks what a caller gave, fills in the defaults and freezes it.
 *
 * @throws OptionError (code `bad_option`) naming the option's path, what was expected and what came
 */
export function readProxyOptions(given: GivenProxyOptions): ProxyOptions {
  const options = proxy(given, '');
  const names = new Set(options.upstreams.map((one) => one.name));
  if (names.size !== options.upstreams.length) {
    throw new OptionError('upstreams', 'names that differ', options.upstreams.map((one) => one.name).join(', '));
  }
  options.servers.forEach((one, i) => {
    one.locations.forEach((location, j) => checkUpstreams(location, `servers[${i}].locations[${j}]`, names));
  });
  return options;
}

function checkUpstreams(location: LocationOptions, path: string, names: ReadonlySet<string>): void {
  const { upstream: name, reply, stubStatus, files } = location;
  const ways = [name, reply, stubStatus, files].filter((way) => way !== undefined).length;
  if (ways > 1 || (ways === 0 && location.locations.length === 0)) {
    throw new OptionError(path, 'an upstream or a reply, stubStatus or files', ways === 0 ? 'none' : 'several');
  }
  if (name !== undefined && !names.has(name)) {
    throw new OptionError(`${path}.upstream`, `one of ${[...names].join(', ')}`, name);
  }
  location.locations.forEach((inner, i) => checkUpstreams(inner, `${path}.locations[${i}]`, names));
}
