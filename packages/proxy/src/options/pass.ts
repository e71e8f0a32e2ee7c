import type { Facts } from '../facts.js';
import { callback, flag, integer, list, maybe, millisecondsOrNone, object, oneOf, optional, text } from './schema.js';
import type { Infer, Input } from './schema.js';
import { resolver } from './resolver.js';
import { upstreamTls } from './tls.js';
import { templated } from './value.js';

/** Occasions for a retry at the next peer, in nginx's words. */
const occasion = oneOf(
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
);

/** When a request is retried at the next peer (nginx: `proxy_next_upstream`, `_tries`, `_timeout`). */
const retry = object({
  /** An empty list: never (nginx: `off`). */
  on: optional(list(occasion), ['error', 'timeout']),
  /** Attempts at most; 0 for as many as there are peers. */
  tries: optional(integer(0), 0),
  /** Time since the first attempt began, after which no retry is made; 0 for no limit. */
  timeout: optional(millisecondsOrNone, 0),
});

/** Further options of forwarding; heads are then treated as nginx does. */
export const passFields = object({
  /**
   * Makes the URL for each request, in place of `upstream` (nginx: `proxy_pass` with variables): its host is an upstream's name
   * or an address; its path and query, if it has any, replace those of the request.
   */
  url: maybe(callback<(facts: Facts) => string>()),
  /** Name servers for hosts of URLs that are not names of upstreams; without them such requests fail. */
  resolver: maybe(resolver),
  /** TLS to the host of an `https` URL. */
  urlTls: maybe(upstreamTls),
  /** What `$proxy_host` shows; the upstream's name when absent. @example 'nodes' */
  host: maybe(text('a host', /^\S*$/)),
  /** What `$proxy_port` shows; the usual port of the scheme when absent. @example '80' */
  port: maybe(text('a port', /^\d*$/)),
  /** Method of the request to the peer; the client's when absent or ''. @example 'GET' */
  method: maybe(templated),
  /** HTTP version of requests to the peer (nginx: `proxy_http_version`). */
  httpVersion: optional(oneOf('1.0', '1.1'), '1.1'),
  /** Address, or address and port, that connections come from; the system's choice when '' (nginx: `proxy_bind`). @example '10.0.0.2' */
  bind: maybe(templated),
  /** Name for SNI and verification in place of that of the upstream's TLS options (nginx: `proxy_ssl_name`). @example 'nodes.internal' */
  tlsName: maybe(templated),
  /**
   * Reads a body of up to a megabyte before a peer is chosen, and sends it with its length. Otherwise bodies stream (nginx:
   * `proxy_request_buffering`).
   */
  bufferRequest: optional(flag, false),
  /**
   * Length up to which `$request_body` shows a body; nginx puts a longer one into a file. When absent, as much as is kept for
   * a retry (nginx: `client_body_buffer_size`). @example 16384
   */
  keptBody: maybe(integer(0, undefined, 'bytes')),
  /** When a request is retried at the next peer. */
  retry: optional(retry, retry({}, 'retry')),
  /** Answers with the configured error page instead of a peer's response of that status (nginx: `proxy_intercept_errors`). */
  intercept: optional(flag, false),
  /** Rewrites the URL in `Location` and `Refresh` of a response; undefined leaves it as it is (nginx: `proxy_redirect`). */
  redirect: maybe(callback<(url: string, facts: Facts) => string | undefined>()),
  /** Lower-case names of response fields that are not passed on. With `server` and `date` the balancer sends its own. */
  hidden: optional(list(text('a field name in lower case', /^[^A-Z\s]+$/)), []),
});

export type RetryOccasion = Infer<typeof occasion>;
export type RetryOptions = Infer<typeof retry>;
export type PassOptions = Infer<typeof passFields>;
/** The `pass` options as a caller writes them. */
export type GivenPass = Input<typeof passFields>;
