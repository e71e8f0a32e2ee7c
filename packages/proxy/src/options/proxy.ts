import type { Facts } from '../facts.js';
import type { Log } from './limits.js';
import { limits, timeouts } from './limits.js';
import { listener } from './listener.js';
import { checkUpstreams, locationFields, prepare } from './location.js';
import {
  callback,
  field,
  flag,
  integer,
  list,
  maybe,
  milliseconds,
  object,
  OptionError,
  optional,
  text,
} from './schema.js';
import type { Infer, Input } from './schema.js';
import type { Siblings } from './siblings.js';
import { verifyClient } from './tls.js';
import type { UpstreamOptions } from './upstream.js';
import { upstream } from './upstream.js';

export type * from './client.js';
export type * from './files.js';
export type * from './limits.js';
export type * from './listener.js';
export type * from './location.js';
export type * from './pass.js';
export type * from './resolver.js';
export type * from './sticky.js';
export type * from './tls.js';
export type * from './upstream.js';
export type * from './value.js';

/** A virtual server: its host names, and the locations of its requests (nginx: `server`). */
const server = object({
  /** Indexes of the listeners it serves; all when absent. @example [0] */
  listeners: maybe(list(integer(0))),
  /** Indexes of the listeners whose requests for an unknown name it takes; without any, the first server takes them. */
  defaultFor: optional(list(integer(0)), []),
  /** What `$server_name` shows; the first of `names` when absent. @example 'chat.example.org' */
  name: maybe(text('a name', /^[^\0]*$/)),
  /** Host names, lower case, without port; `*.name`, `name.*` and `.name` as in nginx. */
  names: optional(list(text('a host name in lower case', /^[^\sA-Z]*$/)), []),
  /** Expressions for host names, tried after the names. */
  expressions: optional(list(callback<(host: string, facts: Facts) => boolean>()), []),
  /** Whether clients have to show a certificate; must equal the value in the `tls` of its listeners. */
  verifyClient: optional(verifyClient, 'off'),
  /** The locations that answer its requests. @example [{ path: '/', upstream: 'nodes' }] */
  locations: list(locationFields),
  /** Answers requests that match no location, and unreadable requests. When absent: 404, without a log entry. */
  otherwise: maybe(locationFields),
  /** Runs before a location is chosen (nginx: `set` in `server`). */
  prepare: maybe(prepare),
});

const siblings = field<Siblings>(
  { kind: 'object with `learned`, `find` and `peersChanged`' },
  (given) => given as Siblings,
);

const proxy = object({
  /** Addresses that clients connect to. @example [{ port: 8080 }] */
  listeners: list(listener, 1),
  /** Groups of servers. @example [{ name: 'nodes', peers: [{ host: '127.0.0.1', port: 3100 }] }] */
  upstreams: list(upstream),
  /** Virtual servers; an empty list is one server whose `/` goes to the first upstream. */
  servers: optional(list(server, 1), []),
  /** Timeouts, where no listener, location or upstream has its own. */
  timeouts: optional(timeouts, timeouts({}, 'timeouts')),
  /** Limits, where no listener or location has its own. */
  limits: optional(limits, limits({}, 'limits')),
  /** Between two queries of the peers' tags. */
  tagQueryInterval: optional(milliseconds, 1_000),
  /** Queries the tags at start, and not only when an unknown tag comes. */
  tagQueryAtStart: optional(flag, true),
  /** Called with every log entry. When absent, nothing is logged. */
  log: optional(callback<Log>(), () => undefined),
  /** Other processes that serve the same upstreams. */
  siblings: maybe(siblings),
});

/** The options of a proxy, checked and complete. */
export type ProxyOptions = Infer<typeof proxy>;
/** The options of `createProxy` as a caller writes them. */
export type GivenProxyOptions = Input<typeof proxy>;
export type ServerOptions = Infer<typeof server>;
export type GivenServer = Input<typeof server>;

/** Every option by its path, for the docs. */
export const optionSchema = proxy;

/**
 * Checks the options of a caller, fills in the defaults and freezes them.
 *
 * @throws OptionError (code `bad_option`) with the path of the invalid option
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
  return options.servers.length > 0
    ? options
    : Object.freeze({ ...options, servers: [serverFor(options.upstreams[0])] });
}

/** The server of a proxy without `servers`: it forwards every request to the first upstream. */
function serverFor(first: UpstreamOptions | undefined): ServerOptions {
  return server({ locations: first === undefined ? [] : [{ path: '/', upstream: first.name }] }, 'servers[0]');
}
