import { constants } from 'node:os';
import type { ProxyError } from '../errors.js';
import type { Facts } from '../facts.js';

/** What systems call their errors; `util.getSystemErrorMessage` has other words. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  ECONNABORTED: 'Software caused connection abort',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  EINVAL: 'Invalid argument',
  ENETUNREACH: 'Network is unreachable',
  ENOENT: 'No such file or directory',
  ENOTSOCK: 'Socket operation on non-socket',
  EPIPE: 'Broken pipe',
  EPROTOTYPE: 'Protocol wrong type for socket',
  ETIMEDOUT: 'Connection timed out',
};

const errnos: ReadonlyMap<string, number> = new Map(Object.entries(constants.errno));

/** `111: Connection refused`, or undefined for what is no error of the system's. */
function systemReason(cause: unknown): string | undefined {
  // A name with several addresses fails with the errors of all of them.
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  if (!(first instanceof Error) || !('code' in first) || typeof first.code !== 'string') return undefined;
  const number = errnos.get(first.code);
  return number === undefined ? undefined : `${number}: ${REASONS[first.code] ?? first.code}`;
}

function tlsFailure(cause: unknown): string {
  const { message = '', code = '' } =
    cause instanceof Error ? { message: cause.message, code: 'code' in cause ? String(cause.code) : '' } : {};
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `upstream SSL certificate does not match: ${message}`;
  return /CERT|SIGNATURE|CRL/.test(code) && !code.startsWith('ERR_SSL')
    ? `upstream SSL certificate verify error: (${message})`
    : `SSL_do_handshake() failed (SSL: ${message.trim()})`;
}

/** What happened, and at what, in the words of nginx's error log. */
function happened(error: ProxyError, started: boolean): string {
  const reason = systemReason(error.cause);
  const head = started ? 'while reading upstream' : 'while reading response header from upstream';
  const timeout = 'upstream timed out (110: Connection timed out)';
  switch (error.code) {
    case 'connect_failed':
      if (reason !== undefined) return `connect() failed (${reason}) while connecting to upstream`;
      if (error.cause === undefined) return 'peer closed connection in SSL handshake while SSL handshaking to upstream';
      return `${tlsFailure(error.cause)} while SSL handshaking to upstream`;
    case 'connect_timeout':
      return `${timeout} while connecting to upstream`;
    case 'upstream_timeout':
      return `${timeout} ${head}`;
    case 'upstream_stalled':
      return `${timeout} while sending request to upstream`;
    case 'upstream_closed':
      return reason === undefined
        ? `upstream prematurely closed connection ${head}`
        : `recv() failed (${reason}) ${head}`;
    case 'upstream_truncated':
      return reason === undefined
        ? 'upstream prematurely closed connection while reading upstream'
        : `recv() failed (${reason}) while reading upstream`;
    case 'no_live_upstream':
      return 'no live upstreams while connecting to upstream';
    case 'bad_response':
      return `${error.detail} ${head}`;
    case 'bad_chunk':
      return 'upstream sent invalid chunked response while reading upstream';
    case 'unexpected_upgrade':
      return `upstream sent 101 to a request without upgrade ${head}`;
    default:
      return error.detail === '' ? error.message : error.detail;
  }
}

/**
 * A failed attempt as nginx's error log tells it: what happened, then `client`, `server`, `request`, `upstream`, `host`.
 *
 * @param url of the peer and what it was asked for; undefined when it did not come to that
 * @param started the answer's head has come
 */
export function failureText(error: ProxyError, facts: Facts, url: string | undefined, started = false): string {
  const host = facts.requestHeader('host');
  const referrer = facts.requestHeader('referer');
  return (
    `*${facts.connection} ${happened(error, started)}, client: ${facts.remoteAddr}, server: ${facts.serverName}, ` +
    `request: "${facts.requestLine ?? ''}"` +
    (url === undefined ? '' : `, upstream: "${url}"`) +
    (host === undefined ? '' : `, host: "${host}"`) +
    (referrer === undefined ? '' : `, referrer: "${referrer}"`)
  );
}
