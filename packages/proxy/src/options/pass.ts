import type { Facts } from '../facts.js';
import { callback, flag, integer, list, maybe, object, oneOf, optional, text } from './schema.js';
import type { Field, Given } from './schema.js';
import type { UpstreamTlsOptions } from './tls.js';
import { upstreamTls } from './tls.js';
import type { ResolverOptions } from './upstream.js';
import { resolver } from './upstream.js';
import { templated } from './value.js';
import type { Value } from './value.js';

const OCCASIONS = [
  'error',
  'timeout',
  'invalid_header',
  'non_idempotent',
  'http_403',
  'http_404',
  'http_429',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
] as const;

/** What makes a request go to the next peer, in nginx's words. */
export type RetryOccasion = (typeof OCCASIONS)[number];

/** When a request goes to the next peer (nginx: `proxy_next_upstream`, `_tries`, `_timeout`). */
export interface RetryOptions {
  /** None: never (nginx: `off`). Default `error` and `timeout`. */
  readonly on: readonly RetryOccasion[];
  /** Attempts at most; 0 for as many as there are peers. Default 0. */
  readonly tries: number;
  /** Milliseconds since the first attempt began after which none follows; 0 for no limit. Default 0. */
  readonly timeout: number;
}

/** Where a request goes that has no fixed upstream, and what is said of it there. */
export interface PassOptions {
  /**
   * Makes the URL for each request, in place of `upstream` (nginx: `proxy_pass` with variables): its host is an
   * upstream's name or an address, its path and query, where it has any, take the place of the request's.
   */
  readonly url?: ((facts: Facts) => string) | undefined;
  /** Who is asked for names in URLs that are no upstream's; without it they lead nowhere. */
  readonly resolver?: ResolverOptions | undefined;
  /** TLS towards the host of an `https` URL. */
  readonly urlTls?: UpstreamTlsOptions | undefined;
  /** What `$proxy_host` and `$proxy_port` show. Default: the upstream's name, and the port of the scheme. */
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  /** Method of the request to the peer; the client's when absent or ''. */
  readonly method?: Value | undefined;
  /** Default 1.1. */
  readonly httpVersion: '1.0' | '1.1';
  /** Address, or address and port, that connections come from (nginx: `proxy_bind`); the system's choice when ''. */
  readonly bind?: Value | undefined;
  /** Name for SNI and verification in place of the one of the upstream's TLS options (nginx: `proxy_ssl_name`). */
  readonly tlsName?: Value | undefined;
  /**
   * A body of up to a megabyte is read before a peer is chosen, and sent with its length (nginx:
   * `proxy_request_buffering`). Default false: it is passed on as it comes.
   */
  readonly bufferRequest: boolean;
  /**
   * Bytes of a body that `$request_body` shows (nginx: `client_body_buffer_size`); a longer one is empty. Default: as much as
   * is kept for another attempt.
   */
  readonly keptBody?: number | undefined;
  readonly retry: RetryOptions;
  /** An answer with a status that an error page is configured for is not passed on. Default false. */
  readonly intercept: boolean;
  /**
   * What becomes of the URL in `Location` and `Refresh` of an answer (nginx: `proxy_redirect`); undefined leaves it as it
   * is.
   */
  readonly redirect?: ((url: string, facts: Facts) => string | undefined) | undefined;
  /**
   * Fields of an answer that are not passed on, in lower case. `server` and `date` are then said by the balancer. Default
   * none.
   */
  readonly hidden: readonly string[];
}

/** As a caller writes it. */
export type GivenPass = Partial<
  Omit<PassOptions, 'retry' | 'urlTls' | 'resolver'> & {
    readonly resolver: Given<ResolverOptions, 'servers'>;
    readonly retry: Partial<RetryOptions>;
    readonly urlTls: Given<UpstreamTlsOptions, 'name'>;
  }
>;

const retry = object<RetryOptions>({
  on: optional(list(oneOf(...OCCASIONS)), ['error', 'timeout']),
  tries: optional(integer(0), 0),
  timeout: optional(integer(0), 0),
});

/** Reads `LocationOptions.pass`. */
export const passFields: Field<PassOptions> = object<PassOptions>({
  url: maybe((given, path) => callback(given, path) as NonNullable<PassOptions['url']>),
  resolver: maybe(resolver),
  urlTls: maybe(upstreamTls),
  host: maybe(text('a host', /^\S*$/)),
  port: maybe(text('a port', /^\d*$/)),
  method: maybe(templated),
  httpVersion: optional(oneOf('1.0', '1.1'), '1.1'),
  bind: maybe(templated),
  tlsName: maybe(templated),
  bufferRequest: optional(flag, false),
  keptBody: maybe(integer(0)),
  retry: optional(retry, retry({}, 'retry')),
  intercept: optional(flag, false),
  redirect: maybe((given, path) => callback(given, path) as NonNullable<PassOptions['redirect']>),
  hidden: optional(list(text('a field name in lower case', /^[^A-Z\s]+$/)), []),
});
