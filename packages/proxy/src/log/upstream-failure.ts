import { aboutRequest } from './about-request.js';
import { systemError, systemReason } from './system-error.js';
import type { ProxyError } from '../errors.js';
import type { Facts } from '../facts.js';

function tlsFailure(cause: unknown): string {
  const { message = '', code = '' } =
    cause instanceof Error ? { message: cause.message, code: 'code' in cause ? String(cause.code) : '' } : {};
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `upstream SSL certificate does not match: ${message}`;
  return /CERT|SIGNATURE|CRL/.test(code) && !code.startsWith('ERR_SSL')
    ? `upstream SSL certificate verify error: (${message})`
    : `SSL_do_handshake() failed (SSL: ${message.trim()})`;
}

/** The failure and the step that failed, in the words of nginx's error log. */
function happened(error: ProxyError, started: boolean): string {
  const reason = systemError(error.cause) === undefined ? undefined : systemReason(error.cause);
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
 * A failed attempt, as nginx's error log words it.
 *
 * @param url of the peer and the path that was requested; undefined when no peer was chosen
 * @param started the response head has come
 */
export function failureText(error: ProxyError, facts: Facts, url: string | undefined, started = false): string {
  return `*${facts.connection} ${happened(error, started)}${aboutRequest(facts, url)}`;
}
