/**
 * Every error of a request, as data. Code branches on `code`; the client gets `status`, unless the response has begun.
 */

/** The party that caused the error. */
export type ErrorSource = 'client' | 'upstream' | 'balancer';

interface ErrorKind {
  readonly source: ErrorSource;
  /**
   * Status of the response. Of nginx's own statuses, 494 to 497 are sent as 400 unless they have an `error_page`, and 499
   * (the client has left) is logged and never sent.
   */
  readonly status: number;
  readonly text: string;
}

const kinds = {
  bad_method: {
    source: 'client',
    status: 400,
    text: 'the method has characters other than capital letters, "-" and "_"',
  },
  bad_request_line: { source: 'client', status: 400, text: 'the request line is not "METHOD target HTTP/1.1"' },
  bad_target_host: { source: 'client', status: 400, text: 'invalid host in the request target' },
  bad_target: {
    source: 'client',
    status: 400,
    text: 'invalid path in the request target',
  },
  bad_field: { source: 'client', status: 400, text: 'invalid header line, not "Name: value"' },
  bad_host: { source: 'client', status: 400, text: 'invalid Host' },
  no_host: { source: 'client', status: 400, text: 'HTTP/1.1 request without Host' },
  duplicate_field: { source: 'client', status: 400, text: 'repeated header line' },
  unknown_transfer_encoding: {
    source: 'client',
    status: 501,
    text: 'unsupported Transfer-Encoding, only "chunked" is supported',
  },
  bad_content_length: { source: 'client', status: 400, text: 'invalid Content-Length, not one decimal number' },
  bad_transfer_encoding: { source: 'client', status: 400, text: 'invalid Transfer-Encoding' },
  ambiguous_length: { source: 'client', status: 400, text: 'both Content-Length and Transfer-Encoding' },
  bad_chunk: { source: 'client', status: 400, text: 'invalid chunked body' },
  method_not_allowed: { source: 'client', status: 405, text: 'CONNECT and TRACE are not served' },
  no_client_certificate: { source: 'client', status: 496, text: 'No required SSL certificate was sent' },
  client_certificate: { source: 'client', status: 495, text: 'The SSL certificate error' },
  plain_http: { source: 'client', status: 497, text: 'The plain HTTP request was sent to HTTPS port' },
  misdirected: { source: 'client', status: 421, text: 'the Host is not the server name of the TLS handshake' },
  request_timeout: { source: 'client', status: 408, text: 'the request did not arrive in time' },
  body_too_large: { source: 'client', status: 413, text: 'the request body is over the limit' },
  target_too_long: { source: 'client', status: 414, text: 'the request line is over the limit' },
  head_too_large: { source: 'client', status: 494, text: 'the header is over the limits of size or number of fields' },
  version_not_supported: {
    source: 'client',
    status: 505,
    text: 'unsupported HTTP version, only 1.0 and 1.1 are supported',
  },
  client_closed: { source: 'client', status: 499, text: 'the client closed the connection before the response' },
  no_location: { source: 'balancer', status: 404, text: 'no location matches the path' },
  file_truncated: { source: 'balancer', status: 500, text: 'the file became shorter while it was sent' },
  no_named_location: { source: 'balancer', status: 500, text: 'unknown named location' },
  redirect_cycle: { source: 'balancer', status: 500, text: 'rewrite or internal redirection cycle' },
  bad_pass_url: { source: 'balancer', status: 500, text: 'invalid URL to forward the request to' },
  no_resolver: { source: 'balancer', status: 502, text: 'the name of the server cannot be resolved' },
  no_live_upstream: { source: 'balancer', status: 502, text: 'no live upstreams' },
  connect_failed: { source: 'upstream', status: 502, text: 'connecting to the peer failed' },
  connect_timeout: { source: 'upstream', status: 504, text: 'connecting to the peer timed out' },
  upstream_closed: {
    source: 'upstream',
    status: 502,
    text: 'the connection ended before the end of the response head',
  },
  upstream_truncated: { source: 'upstream', status: 502, text: 'the connection ended within the response body' },
  upstream_timeout: { source: 'upstream', status: 504, text: 'the peer sent no byte in time' },
  upstream_stalled: { source: 'upstream', status: 504, text: 'the peer took no byte in time' },
  bad_response: { source: 'upstream', status: 502, text: 'the response is not valid HTTP/1.1' },
  hand_off_lost: {
    source: 'upstream',
    status: 502,
    text: "the peer's process exited before it had the connection",
  },
  unexpected_upgrade: { source: 'upstream', status: 502, text: 'the peer sent 101 to a request without upgrade' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof kinds;

/**
 * An error of a request.
 *
 * @example
 * throw new ProxyError('target_too_long');
 * throw new ProxyError('connect_failed', 'ECONNREFUSED', cause);
 */
export class ProxyError extends Error {
  /** Stable, unlike the message. */
  readonly code: ErrorCode;
  readonly source: ErrorSource;
  /** HTTP status for the client. */
  readonly status: number;
  /** The particulars, for logs: the message without the text of the code. */
  readonly detail: string;

  constructor(code: ErrorCode, detail = '', cause?: unknown) {
    const kind = kinds[code];
    super(detail === '' ? kind.text : `${kind.text}: ${detail}`, cause === undefined ? undefined : { cause });
    this.name = 'ProxyError';
    this.code = code;
    this.detail = detail;
    this.source = kind.source;
    this.status = kind.status;
  }
}
