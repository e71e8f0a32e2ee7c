import type { ProxyError } from '../errors.js';
import type { Facts } from '../facts.js';
import { requestMessage } from './about-request.js';
import type { LogLevel } from '../options/proxy.js';

const LINE = ' while reading client request line';
const HEADERS = ' while reading client request headers';

/** The client's fault, in the words of nginx's error log. */
function happened({ code, detail, message }: ProxyError): string {
  switch (code) {
    case 'bad_method':
      return `client sent invalid method${LINE}`;
    case 'bad_request_line':
    case 'bad_target':
      return `client sent invalid request${LINE}`;
    case 'version_not_supported':
      return `client sent invalid version${LINE}`;
    case 'bad_target_host':
      return `client sent invalid host in request line${LINE}`;
    case 'target_too_long':
      return `client sent too long URI${LINE}`;
    case 'bad_field':
      return `client sent invalid header line (${detail})${HEADERS}`;
    case 'bad_host':
      return `client sent invalid host header${HEADERS}`;
    case 'no_host':
      return `client sent HTTP/1.1 request without "Host" header${HEADERS}`;
    case 'duplicate_field':
      return `client sent duplicate ${detail}${HEADERS}`;
    case 'head_too_large':
      return `client sent ${detail}${HEADERS}`;
    case 'bad_content_length':
      return `client sent invalid "Content-Length" header${HEADERS}`;
    case 'ambiguous_length':
      return `client sent "Content-Length" and "Transfer-Encoding" headers at the same time${HEADERS}`;
    case 'unknown_transfer_encoding':
      return `client sent unknown "Transfer-Encoding": "${detail}"${HEADERS}`;
    case 'bad_transfer_encoding':
      return `client sent HTTP/1.0 request with "Transfer-Encoding" header${HEADERS}`;
    case 'method_not_allowed':
      return `client sent ${detail} method${HEADERS}`;
    case 'bad_chunk':
      return 'client sent invalid chunked body';
    case 'body_too_large':
      return `client intended to send too large ${detail}`;
    case 'request_timeout':
      return `client timed out (110: Connection timed out)${detail}`;
    default:
      return message;
  }
}

/** The severity with which nginx logs the error. */
export function clientFailureLevel({ code }: ProxyError): LogLevel {
  return code === 'body_too_large' ? 'error' : 'info';
}

/** An error of the client, as nginx's error log words it. */
export function clientFailureText(error: ProxyError, facts: Facts): string {
  return requestMessage(facts, happened(error));
}
