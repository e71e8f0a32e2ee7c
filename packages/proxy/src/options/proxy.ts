import { callback, flag, integer, list, maybe, milliseconds, object, OptionError, optional, text } from './schema.js';
import type { HeadOptions } from './client.js';
import type { Facts } from '../facts.js';
import type { Field, Given } from './schema.js';
import type { ListenOptions } from './listener.js';
import { listener } from './listener.js';
import type { GivenLocation, LocationOptions } from './location.js';
import { checkUpstreams, locationFields, prepare } from './location.js';
import type { VerifyClient } from './tls.js';
import { verifyClient } from './tls.js';
import type { GivenUpstream, UpstreamOptions } from './upstream.js';
import { upstream } from './upstream.js';
import type { Siblings } from './siblings.js';

export type * from './client.js';
export type * from './listener.js';
export type * from './location.js';
export type * from './pass.js';
export type * from './tls.js';
export type * from './upstream.js';
export type * from './value.js';

/** A virtual server: which hosts it answers for and where its requests go. */
export interface ServerOptions {
  /** Indexes of the listeners it serves; all when absent. */
  readonly listeners?: readonly number[] | undefined;
  /** Indexes of the listeners whose requests for no known name it takes; else the first server does. Default none. */
  readonly defaultFor: readonly number[];
  /** What `$server_name` says. Default: the first of `names`. */
  readonly name?: string | undefined;
  /** Host names, lower case, without port; `*.name`, `name.*` and `.name` as in nginx. Default none. */
  readonly names: readonly string[];
  /** Expressions for host names, tried after the names. Default none. */
  readonly expressions: readonly ((host: string, facts: Facts) => boolean)[];
  /** What its clients have to show; the same in the `tls` of its listeners. Default `off`. */
  readonly verifyClient: VerifyClient;
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
  /** Other processes that serve the same upstreams. Default none. */
  readonly siblings?: Siblings | undefined;
}

export type GivenListener = Given<Omit<ListenOptions, 'head'> & { readonly head: Partial<HeadOptions> }, 'port'>;
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
  readonly siblings?: Siblings | undefined;
}

const server = object<ServerOptions>({
  listeners: maybe(list(integer(0))),
  defaultFor: optional(list(integer(0)), []),
  name: maybe(text('a name', /^[^\0]*$/)),
  names: optional(list(text('a host name in lower case', /^[^\sA-Z]*$/)), []),
  expressions: optional(
    list((given, path) => callback(given, path) as ServerOptions['expressions'][number]),
    [],
  ),
  verifyClient: optional(verifyClient, 'off'),
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
  siblings: maybe((given) => given as Siblings),
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
