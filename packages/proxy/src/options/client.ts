import { flag, integer, maybe, milliseconds, millisecondsOrNone, object, oneOf, optional } from './schema.js';
import type { Infer } from './schema.js';
import type { LimitOptions, TimeoutOptions } from './limits.js';
import { limits, timeouts } from './limits.js';

const DEFAULTS = { timeouts: timeouts({}, 'timeouts'), limits: limits({}, 'limits') };

/** How heads of requests are read on a listener: before it is known which server a request is for. */
export const headOptions = object({
  /** For a whole head, from its first byte; for the first request from the accept (nginx: `client_header_timeout`). */
  timeout: optional(milliseconds, DEFAULTS.timeouts.clientHeader),
  /** Of a request line (nginx: the size in `large_client_header_buffers`). */
  line: optional(integer(64, 1_048_576, 'bytes'), DEFAULTS.limits.line),
  /** Of one header line; `line` when absent. @example 16384 */
  fieldLine: maybe(integer(64, 1_048_576, 'bytes')),
  /** Of a whole head. */
  head: optional(integer(256, 16_777_216, 'bytes'), DEFAULTS.limits.head),
  /** Header fields in a head (nginx: `max_headers`). */
  fields: optional(integer(1), DEFAULTS.limits.fields),
  /**
   * Fields whose names have characters other than letters, digits and hyphens: `ignore` drops them, `pass` forwards them,
   * `refuse` answers 400 if a name is not a token and forwards the others (nginx: `ignore_invalid_headers`).
   */
  invalidNames: optional(oneOf('refuse', 'ignore', 'pass'), 'refuse'),
  /** `_` counts as a letter (nginx: `underscores_in_headers`). */
  underscores: optional(flag, true),
});

/** How the connection of a client is kept once a request has its location. */
export const connectionOptions = object({
  /** Between two reads of a request body (nginx: `client_body_timeout`). */
  bodyTimeout: optional(milliseconds, DEFAULTS.timeouts.clientBody),
  /** Between two writes that the client takes (nginx: `send_timeout`). */
  sendTimeout: optional(milliseconds, DEFAULTS.timeouts.send),
  /** For which the connection may be idle after the request; 0 closes it (nginx: `keepalive_timeout`). */
  keepaliveTimeout: optional(millisecondsOrNone, DEFAULTS.timeouts.keepalive),
  /** Shown in a field `Keep-Alive: timeout=`; 0 for no such field. */
  keepaliveHeader: optional(integer(0, undefined, 'seconds'), 0),
  /** Requests on one connection (nginx: `keepalive_requests`). */
  keepaliveRequests: optional(integer(0), DEFAULTS.limits.requests),
  /** Since the accept, after which a connection is closed with the request in hand; 0 for no limit (nginx: `keepalive_time`). */
  keepaliveTime: optional(millisecondsOrNone, 0),
});

export type HeadOptions = Infer<typeof headOptions>;
export type ConnectionOptions = Infer<typeof connectionOptions>;

/** The options of client connections for locations without their own. */
export function connectionDefaults(given: TimeoutOptions, most: LimitOptions): ConnectionOptions {
  return connectionOptions(
    {
      bodyTimeout: given.clientBody,
      sendTimeout: given.send,
      keepaliveTimeout: given.keepalive,
      keepaliveRequests: most.requests,
    },
    'connection',
  );
}

/** How heads are read on listeners without options of their own. */
export function headDefaults(given: TimeoutOptions, { line, head, fields }: LimitOptions): HeadOptions {
  return headOptions({ timeout: given.clientHeader, line, head, fields }, 'head');
}
