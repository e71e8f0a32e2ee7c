import {
  callback,
  integer,
  list,
  maybe,
  milliseconds,
  object,
  oneOf,
  OptionError,
  optional,
  text,
  flag,
} from './schema.js';
import { connectionOptions } from './client.js';
import type { ConnectionOptions } from './client.js';
import type { LogLevel } from './proxy.js';
import type { Facts } from '../facts.js';
import type { Field, Given } from './schema.js';
import type { FilesOptions } from './files.js';
import { filesField } from './files.js';
import type { RealIpOptions } from './listener.js';
import { realIp } from './listener.js';
import type { GivenPass, PassOptions } from './pass.js';
import { passFields } from './pass.js';
import { templated } from './value.js';
import type { Value } from './value.js';

export type { FilesOptions } from './files.js';

/** A field of the request to a peer; '' leaves it out (nginx: `proxy_set_header`). */
export interface FieldOptions {
  readonly name: string;
  readonly value: Value;
  /**
   * The value depends on nothing but the connection, the server and the fields of the request: it is worked out once for
   * requests of a connection that have the same fields. Default false.
   */
  readonly steady?: boolean | undefined;
}

/** A field added to answers; '' leaves it out (nginx: `add_header`). */
export interface AddedFieldOptions extends Omit<FieldOptions, 'steady'> {
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
  readonly contentType?: Value | undefined;
}

/** What a client gets instead of a status (nginx: `error_page`). */
export interface ErrorPageOptions {
  readonly statuses: readonly number[];
  /** The status to tell; 0 tells that of the page, undefined the one that it is for. */
  readonly answer?: number | undefined;
  /** A path of the same server, `@name` of a location, or a URL the client is sent to. */
  readonly target: Value;
}

/** How a path that the client is sent to is told it. */
export interface RedirectOptions {
  /** With scheme, host and port. Default true (nginx: `absolute_redirect`). */
  readonly absolute: boolean;
  /** With a port that is not the scheme's usual one. Default true (nginx: `port_in_redirect`). */
  readonly port: boolean;
  /** With the server's first name instead of the one that was asked for. Default false (`server_name_in_redirect`). */
  readonly ownName: boolean;
}

/** What becomes of the requests that fit (nginx: `location`): an upstream, `reply`, `stubStatus` or `files` answers. */
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
  /**
   * Characters at the beginning of a path that `root` stands for (nginx: `alias`); Infinity for all of it. Default 0:
   * what is looked for is the path below `root`.
   */
  readonly aliased: number;
  /** How a path that the client is sent to is told it. */
  readonly redirects: RedirectOptions;
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
  /** Further details of forwarding, and nginx's ways with heads. */
  readonly pass?: PassOptions | undefined;
  /** Milliseconds; `timeouts.connect`, `.read` and `.upstreamSend` when absent. */
  readonly connectTimeout?: number | undefined;
  readonly readTimeout?: number | undefined;
  readonly sendTimeout?: number | undefined;
  /** Bytes of a request body, 0 for no limit; `limits.body` when absent. */
  readonly bodyLimit?: number | undefined;
  /** What the client's connection goes by; `timeouts` and `limits` when absent. */
  readonly connection?: ConnectionOptions | undefined;
  /**
   * Whose word on the client's address counts: the first of these that changes it, its server's before its own. Default
   * none.
   */
  readonly realIp?: readonly RealIpOptions[] | undefined;
  /** Told when a request is over, for a tunnel when the tunnel is (`access_log`). */
  readonly onEnd?: ((facts: Facts) => void) | undefined;
  /** Where errors of its requests are told; where the others are when absent (`error_log`). */
  readonly log?: ((level: LogLevel, message: string) => void) | undefined;
}

/** A location as a caller writes it. */
export type GivenLocation = Given<
  Omit<LocationOptions, 'locations' | 'pass' | 'connection'> & {
    readonly connection: Partial<ConnectionOptions>;
    readonly locations: readonly GivenLocation[];
    readonly pass: GivenPass;
  },
  'path'
>;

const yes: Field<true> = (given, path) => {
  if (given === true) return true;
  throw new OptionError(path, 'true', given);
};

/** How clients are sent to a path where no location says it. */
export const USUAL_REDIRECTS: RedirectOptions = { absolute: true, port: true, ownName: false };

const redirectFields = object<RedirectOptions>({
  absolute: optional(flag, true),
  port: optional(flag, true),
  ownName: optional(flag, false),
});

const fieldName = text('a field name', /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);

export const prepare: Field<(facts: Facts) => void> = (given, path) => callback(given, path) as (facts: Facts) => void;

/** Reads one of `ServerOptions.locations`. */
export const locationFields: Field<LocationOptions> = object<LocationOptions>({
  path: text('a path', /^(?:[/@]|$)/),
  match: optional(oneOf('prefix', 'final_prefix', 'exact', 'expression', 'named'), 'prefix'),
  matches: maybe((given, path) => callback(given, path) as NonNullable<LocationOptions['matches']>),
  upstream: maybe(text('a name', /^\S+$/)),
  reply: maybe(
    object<ReplyOptions>({
      status: integer(200, 999),
      text: maybe(templated),
      contentType: maybe(templated),
    }),
  ),
  stubStatus: maybe(yes),
  files: maybe(filesField),
  root: maybe(templated),
  aliased: optional((given) => (given === Infinity ? Infinity : integer(0)(given, 'aliased')), 0),
  redirects: optional(redirectFields, USUAL_REDIRECTS),
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
  fields: maybe(list(object<FieldOptions>({ name: fieldName, value: templated, steady: maybe(flag) }))),
  addedFields: maybe(
    list(object<AddedFieldOptions>({ name: fieldName, value: templated, always: optional(flag, false) })),
  ),
  pass: maybe(passFields),
  connectTimeout: maybe(milliseconds),
  readTimeout: maybe(milliseconds),
  sendTimeout: maybe(milliseconds),
  bodyLimit: maybe(integer(0)),
  connection: maybe(connectionOptions),
  realIp: maybe(list(realIp)),
  log: maybe((given, path) => callback(given, path) as NonNullable<LocationOptions['log']>),
  onEnd: maybe((given, path) => callback(given, path) as NonNullable<LocationOptions['onEnd']>),
});

/** @throws OptionError for a location that goes nowhere, to two places, or to an upstream that is not there */
export function checkUpstreams(location: LocationOptions, path: string, names: ReadonlySet<string>): void {
  const { upstream: name, pass, reply, stubStatus, files } = location;
  const ways = [name ?? pass?.url, reply, stubStatus, files].filter((way) => way !== undefined).length;
  if (ways > 1 || (ways === 0 && location.locations.length === 0)) {
    throw new OptionError(path, 'either an upstream, a reply, stubStatus or files', ways === 0 ? 'none' : 'several');
  }
  if (name !== undefined && !names.has(name)) {
    throw new OptionError(`${path}.upstream`, `one of ${[...names].join(', ')}`, name);
  }
  location.locations.forEach((inner, i) => checkUpstreams(inner, `${path}.locations[${i}]`, names));
}
