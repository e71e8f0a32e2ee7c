import type { Facts } from '../facts.js';
import { callback, flag, integer, list, maybe, millisecondsOrNone, object, oneOf, optional, text } from './schema.js';
import type { Infer, Input } from './schema.js';
import { resolver } from './resolver.js';
import { upstreamTls } from './tls.js';
import { templated } from './value.js';

/** What makes a request go to the next peer, in nginx's words. */
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

/** When a request goes to the next peer (nginx: `proxy_next_upstream`, `_tries`, `_timeout`). */
const retry = object({
  /** An empty list: never (nginx: `off`). */
  on: optional(list(occasion), ['error', 'timeout']),
  /** Attempts at most; 0 for as many as there are peers. */
  tries: optional(integer(0), 0),
  /** Since the first attempt began, after which none follows; 0 for no limit. */
  timeout: optional(millisecondsOrNone, 0),
});

/** Further details of forwarding, and nginx's ways with heads. */
export const passFields = object({
  /**
   * Makes the URL for each request, in place of `upstream` (nginx: `proxy_pass` with variables): its host is an upstream's name
   * or an address; its path and query, where it has any, take the place of the request's.
   */
  url: maybe(callback<(facts: Facts) => string>()),
  /** Name servers for hosts in URLs that are no upstream's name; without them such requests fail. */
  resolver: maybe(resolver),
  /** TLS towards the host of an `https` URL. */
  urlTls: maybe(upstreamTls),
  /** What `$proxy_host` shows; the upstream's name when absent. @example 'nodes' */
  host: maybe(text('a host', /^\S*$/)),
  /** What `$proxy_port` shows; the usual port of the scheme when absent. @example '80' */
  port: maybe(text('a port', /^\d*$/)),
  /** Method of the request to the peer; the client's when absent or ''. @example 'GET' */
  method: maybe(templated),
  /** Version that the peer is addressed in (nginx: `proxy_http_version`). */
  httpVersion: optional(oneOf('1.0', '1.1'), '1.1'),
  /** Address, or address and port, that connections come from; the system's choice when '' (nginx: `proxy_bind`). @example '10.0.0.2' */
  bind: maybe(templated),
  /** Name for SNI and verification in place of that of the upstream's TLS options (nginx: `proxy_ssl_name`). @example 'nodes.internal' */
  tlsName: maybe(templated),
  /**
   * Reads a body of up to a megabyte before a peer is chosen, and sends it with its length. Otherwise it is passed on as it
   * comes (nginx: `proxy_request_buffering`).
   */
  bufferRequest: optional(flag, false),
  /**
   * Length up to which `$request_body` shows a body; what is longer is in a file in nginx. When absent, as much as is kept for
   * another attempt (nginx: `client_body_buffer_size`). @example 16384
   */
  keptBody: maybe(integer(0, undefined, 'bytes')),
  /** When a request goes to the next peer. */
  retry: optional(retry, retry({}, 'retry')),
  /** Answers with the configured error page in place of a peer's answer of that status (nginx: `proxy_intercept_errors`). */
  intercept: optional(flag, false),
  /** Rewrites the URL in `Location` and `Refresh` of an answer; undefined leaves it as it is (nginx: `proxy_redirect`). */
  redirect: maybe(callback<(url: string, facts: Facts) => string | undefined>()),
  /** Fields of an answer that are not passed on, in lower case. With `server` and `date` the balancer sends its own. */
  hidden: optional(list(text('a field name in lower case', /^[^A-Z\s]+$/)), []),
});

export type RetryOccasion = Infer<typeof occasion>;
export type RetryOptions = Infer<typeof retry>;
export type PassOptions = Infer<typeof passFields>;
/** As a caller writes it. */
export type GivenPass = Input<typeof passFields>;
