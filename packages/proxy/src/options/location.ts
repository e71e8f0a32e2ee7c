import type { Facts } from '../facts.js';
import { connectionOptions } from './client.js';
import { filesField } from './files.js';
import type { Log } from './limits.js';
import { realIp } from './listener.js';
import { passFields } from './pass.js';
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
import type { Field, Infer, Input } from './schema.js';
import { templated } from './value.js';

const fieldName = text('a field name', /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);

/** A field of the request to a peer; '' leaves it out (nginx: `proxy_set_header`). */
const requestField = object({
  /** Name of the field. @example 'X-Real-IP' */
  name: fieldName,
  /** Value of the field. @example (facts) => facts.remoteAddr */
  value: templated,
  /**
   * The value depends only on the connection, the server and the fields of the request: it is worked out once for requests of
   * a connection with equal fields.
   */
  steady: optional(flag, false),
});

/** A field added to answers; '' leaves it out (nginx: `add_header`). */
const addedField = object({
  /** Name of the field. @example 'X-Frame-Options' */
  name: fieldName,
  /** Value of the field. @example 'DENY' */
  value: templated,
  /** On every status, not only 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308. */
  always: optional(flag, false),
});

/** An answer of the balancer's own (nginx: `return`). */
const reply = object({
  /** 444 closes the connection without an answer. @example 200 */
  status: integer(200, 999),
  /** Body; for 301, 302, 303, 307 and 308 the `Location`. When absent, the page of the status. @example 'ok' */
  text: maybe(templated),
  /** Media type of the body. */
  contentType: optional(templated, 'text/plain'),
});

/** What answers a request instead of the page of a status (nginx: `error_page`). */
const errorPage = object({
  /** The statuses that it replaces. @example [502, 504] */
  statuses: list(integer(300, 599)),
  /** The status to answer with; 0 keeps that of the target; when absent, the status that it replaces. @example 200 */
  answer: maybe(integer(0, 999)),
  /** A path of the same server, `@name` of a location, or a URL that the client is redirected to. @example '/sorry.html' */
  target: templated,
});

/** How the `Location` of a redirect to a path is written. */
const redirects = object({
  /** With scheme, host and port (nginx: `absolute_redirect`). */
  absolute: optional(flag, true),
  /** With a port that is not the scheme's usual one (nginx: `port_in_redirect`). */
  port: optional(flag, true),
  /** With the server's first name instead of the client's `Host` (nginx: `server_name_in_redirect`). */
  ownName: optional(flag, false),
});

/** How redirects are written in locations without options of their own. */
export const USUAL_REDIRECTS: RedirectOptions = redirects({}, 'redirects');

const yes = field<true>({ kind: '`true`' }, (given, path) => {
  if (given === true) return true;
  throw new OptionError(path, 'true', given);
});

/** Runs before a location is chosen, or before it answers. */
export const prepare = callback<(facts: Facts) => void>();

const own = {
  /** Begins with `/`; empty for an expression, for a named location its name. @example '/chat/' */
  path: text('a path', /^(?:[/@]|$)/),
  /**
   * `prefix`: the longest matching one, unless an expression matches. `final_prefix`: wins over expressions (`^~`). `exact`:
   * the whole path (`=`). `expression`: `matches` decides, in the order of the options. `named`: only for internal redirects; its
   * `path` is a name that begins with `@`.
   */
  match: optional(oneOf('prefix', 'final_prefix', 'exact', 'expression', 'named'), 'prefix'),
  /** For an `expression`: returns true for a matching path, which is decoded. */
  matches: maybe(callback<(path: string, facts: Facts) => boolean>()),
  /** Name of the upstream that answers. @example 'nodes' */
  upstream: maybe(text('a name', /^\S+$/)),
  /** An answer of the balancer's own. @example { status: 200, text: 'ok' } */
  reply: maybe(reply),
  /** Answers with the counters of client connections (nginx: `stub_status`). @example true */
  stubStatus: maybe(yes),
  /** Answers with files. @example { indexes: ['index.html'], contentType: 'text/html' } */
  files: maybe(filesField),
  /** The folder of the files, an absolute path without a slash at its end. @example '/srv/www' */
  root: maybe(templated),
  /** Characters at the beginning of a path that `root` replaces; Infinity for the whole path (nginx: `alias`). */
  aliased: optional(
    field<number>({ kind: 'whole number, or Infinity' }, (given, path) =>
      given === Infinity ? Infinity : integer(0)(given, path),
    ),
    0,
  ),
  /** How the `Location` of a redirect to a path is written. */
  redirects: optional(redirects, USUAL_REDIRECTS),
  /** Runs before the request is answered (nginx: `set`). */
  prepare: maybe(prepare),
  /** What answers requests instead of the pages of statuses. @example [{ statuses: [502], target: '/sorry.html' }] */
  errorPages: optional(list(errorPage), []),
  /** Replaces `path` in the target (nginx: `proxy_pass` with a URI). @example '/' */
  uri: maybe(text('a path', /^\//)),
  /** Fields of the request to the peer instead of the forwarding fields that are sent by default. */
  fields: maybe(list(requestField)),
  /** Fields added to every answer of the location, including a 101 and error pages. */
  addedFields: maybe(list(addedField)),
  /** Further options of forwarding; heads are then treated as nginx does. */
  pass: maybe(passFields),
  /** `timeouts.connect` when absent. @example 5000 */
  connectTimeout: maybe(milliseconds),
  /** `timeouts.read` when absent. @example 300000 */
  readTimeout: maybe(milliseconds),
  /** `timeouts.upstreamSend` when absent. @example 60000 */
  sendTimeout: maybe(milliseconds),
  /** Of a request body, 0 for no limit; `limits.body` when absent. @example 10485760 */
  bodyLimit: maybe(integer(0, undefined, 'bytes')),
  /** How the client's connection is kept; `timeouts` and `limits` when absent. @example { keepaliveTimeout: 0 } */
  connection: maybe(connectionOptions),
  /** Proxies that are trusted to name the client's address; the first entry that changes it counts. */
  realIp: maybe(list(realIp)),
  /** Called when a request has ended, for a tunnel when the tunnel has (nginx: `access_log`). */
  onEnd: maybe(callback<(facts: Facts) => void>()),
  /** Where errors of its requests are logged; `ProxyOptions.log` when absent (nginx: `error_log`). */
  log: maybe(callback<Log>()),
};

const ownFields = object(own);

/** What answers matching requests (nginx: `location`): an upstream, `reply`, `stubStatus` or `files`. */
export interface LocationOptions extends Infer<typeof ownFields> {
  /** Locations that are searched when this one matches. */
  readonly locations: readonly LocationOptions[];
}

/** A location as a caller writes it. */
export interface GivenLocation extends Input<typeof ownFields> {
  readonly locations?: readonly GivenLocation[] | undefined;
}

const inner: Field<readonly LocationOptions[], readonly GivenLocation[]> = field(
  { kind: 'list: object' },
  (given, path) => list(locationFields)(given, path),
);

/** Reads one of `ServerOptions.locations`. */
export const locationFields: Field<LocationOptions, GivenLocation> & { readonly presence: 'required' } = object({
  ...own,
  /** Locations that are searched when this one matches. */
  locations: optional(inner, []),
});

/** @throws OptionError for a location that nothing answers, that two things answer, or whose upstream does not exist */
export function checkUpstreams(location: LocationOptions, path: string, names: ReadonlySet<string>): void {
  const { upstream: name, pass, reply: answer, stubStatus, files } = location;
  const ways = [name ?? pass?.url, answer, stubStatus, files].filter((way) => way !== undefined).length;
  if (ways > 1 || (ways === 0 && location.locations.length === 0)) {
    throw new OptionError(path, 'either an upstream, a reply, stubStatus or files', ways === 0 ? 'none' : 'several');
  }
  if (name !== undefined && !names.has(name)) {
    throw new OptionError(`${path}.upstream`, `one of ${[...names].join(', ')}`, name);
  }
  location.locations.forEach((one, i) => checkUpstreams(one, `${path}.locations[${i}]`, names));
}

export type FieldOptions = Infer<typeof requestField>;
export type GivenField = Input<typeof requestField>;
export type AddedFieldOptions = Infer<typeof addedField>;
export type ReplyOptions = Infer<typeof reply>;
export type ErrorPageOptions = Infer<typeof errorPage>;
export type RedirectOptions = Infer<typeof redirects>;
