import { integer, milliseconds, object, optional } from './schema.js';
import type { Infer } from './schema.js';

/** The severity of a log entry, in nginx's words. */
export type LogLevel = 'info' | 'notice' | 'warn' | 'error' | 'crit';

/** Where errors are logged. */
export type Log = (level: LogLevel, message: string) => void;

/** Timeouts of listeners, locations and upstreams without their own. */
export const timeouts = object({
  /** For a whole request head, from its first byte; for the first request from the accept (nginx: `client_header_timeout`). */
  clientHeader: optional(milliseconds, 60_000),
  /** Between two reads of a request body (nginx: `client_body_timeout`). */
  clientBody: optional(milliseconds, 60_000),
  /** For which a client connection may be idle between two requests (nginx: `keepalive_timeout`). */
  keepalive: optional(milliseconds, 75_000),
  /** Between two writes that the client takes (nginx: `send_timeout`). */
  send: optional(milliseconds, 60_000),
  /** To connect to a peer (nginx: `proxy_connect_timeout`). */
  connect: optional(milliseconds, 60_000),
  /** Between two reads from a peer; for a tunnel, of silence on both sides (nginx: `proxy_read_timeout`). */
  read: optional(milliseconds, 60_000),
  /** Between two writes that the peer takes (nginx: `proxy_send_timeout`). */
  upstreamSend: optional(milliseconds, 60_000),
});

/** Limits of listeners and locations without their own. */
export const limits = object({
  /** Of a request line or one header line (nginx: the size in `large_client_header_buffers`). */
  line: optional(integer(64, 1_048_576, 'bytes'), 8_192),
  /** Of a whole head. */
  head: optional(integer(256, 16_777_216, 'bytes'), 32_768),
  /** Header fields in a head (nginx: `max_headers`). */
  fields: optional(integer(1), 100),
  /** Of a request body; 0 is no limit (nginx: `client_max_body_size`). */
  body: optional(integer(0, undefined, 'bytes'), 1_048_576),
  /** Requests on one client connection (nginx: `keepalive_requests`). */
  requests: optional(integer(1), 1_000),
});

export type TimeoutOptions = Infer<typeof timeouts>;
export type LimitOptions = Infer<typeof limits>;
