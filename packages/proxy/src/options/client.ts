import { flag, integer, list, maybe, milliseconds, object, oneOf, optional } from './schema.js';
import type { Field } from './schema.js';
import type { LimitOptions, TimeoutOptions } from './proxy.js';

/** How heads of requests are read on a listener: known before it is known which server a request is for. */
export interface HeadOptions {
  /** Milliseconds for a whole head, from its first byte (for the first: from accept). Default 60,000. */
  readonly timeout: number;
  /** Bytes of a request line (nginx: size in `large_client_header_buffers`). Default 8,192. */
  readonly line: number;
  /** Bytes of one header line; `line` when absent. */
  readonly fieldLine?: number | undefined;
  /** Bytes of a whole head. Default 32,768. */
  readonly head: number;
  /** Header fields in a head (nginx: `max_headers`). Default 1,000. */
  readonly fields: number;
  /**
   * Fields whose names have other characters than letters, digits and hyphens: `ignore` them, `pass` them, or `refuse`
   * requests whose names are no tokens and pass the others. Default `refuse`.
   */
  readonly invalidNames: 'refuse' | 'ignore' | 'pass';
  /** `_` is as good as a letter. Default false. */
  readonly underscores: boolean;
}

export type OldBrowser = 'msie6' | 'safari';

/** What the connection of a client goes by once a request has its location. */
export interface ConnectionOptions {
  /** Milliseconds between two reads of a request body. Default 60,000. */
  readonly bodyTimeout: number;
  /** Milliseconds between two writes that the client takes. Default 60,000. */
  readonly sendTimeout: number;
  /** Milliseconds the connection may idle after the request; 0 closes it. Default 75,000. */
  readonly keepaliveTimeout: number;
  /** Seconds told in a field `Keep-Alive: timeout=`; 0 for no such field. Default 0. */
  readonly keepaliveHeader: number;
  /** Requests on one connection. Default 1,000. */
  readonly keepaliveRequests: number;
  /** Milliseconds since accept after which a connection is closed with the request in hand; 0 for no limit. Default 0. */
  readonly keepaliveTime: number;
  /** Browsers that get no second request: `msie6` after a POST, Safari and its like on macOS ever. Default none. */
  readonly keepaliveDisable: readonly OldBrowser[];
}

const orNone: Field<number> = (value, path) => (value === 0 ? 0 : milliseconds(value, path));

export const headOptions = object<HeadOptions>({
  timeout: optional(milliseconds, 60_000),
  line: optional(integer(64, 1_048_576), 8_192),
  fieldLine: maybe(integer(64, 1_048_576)),
  head: optional(integer(256, 16_777_216), 32_768),
  fields: optional(integer(1), 1_000),
  invalidNames: optional(oneOf('refuse', 'ignore', 'pass'), 'refuse'),
  underscores: optional(flag, false),
});

export const connectionOptions = object<ConnectionOptions>({
  bodyTimeout: optional(milliseconds, 60_000),
  sendTimeout: optional(milliseconds, 60_000),
  keepaliveTimeout: optional(orNone, 75_000),
  keepaliveHeader: optional(integer(0), 0),
  keepaliveRequests: optional(integer(0), 1_000),
  keepaliveTime: optional(orNone, 0),
  keepaliveDisable: optional(list(oneOf('msie6', 'safari')), []),
});

/** What a proxy's options say where a location says nothing of its own. */
export function connectionDefaults(timeouts: TimeoutOptions, limits: LimitOptions): ConnectionOptions {
  return {
    ...NO_OPTIONS,
    bodyTimeout: timeouts.clientBody,
    sendTimeout: timeouts.send,
    keepaliveTimeout: timeouts.keepalive,
    keepaliveRequests: limits.requests,
  };
}

/** What a proxy's options say where a listener says nothing of its own. */
export function headDefaults(timeouts: TimeoutOptions, limits: LimitOptions): HeadOptions {
  const { line, head, fields } = limits;
  return { timeout: timeouts.clientHeader, line, head, fields, invalidNames: 'refuse', underscores: true };
}

const NO_OPTIONS = connectionOptions({}, 'connection');
