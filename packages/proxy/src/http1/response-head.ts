import { ProxyError } from '../errors.js';
import { endOfHead, Fields, lineEnd, readFields } from './head.js';
import type { HeadLimits } from './head.js';

/** The head of a response (RFC 9112 4). */
export class ResponseHead extends Fields {
  status = 0;
  reason = '';
}

/**
 * Reads a response head that begins at `text[0]`.
 *
 * @returns undefined while the head is not whole
 * @throws ProxyError `bad_response`
 */
export function readResponseHead(text: string, limits: HeadLimits): ResponseHead | undefined {
  const end = endOfHead(text, 0);
  if (end < 0 || end > limits.head) {
    if (text.length > limits.head) throw new ProxyError('bad_response', `a head of more than ${limits.head} bytes`);
    if (text.length >= 5 && !text.startsWith('HTTP/')) throw badStatusLine(text);
    return undefined;
  }
  const head = new ResponseHead();
  const lf = text.indexOf('\n');
  readStatusLine(head, text, lineEnd(text, 0, lf));
  try {
    readFields(head, text, 0, lf + 1, end, limits);
  } catch (error) {
    throw new ProxyError('bad_response', error instanceof Error ? error.message : '', error);
  }
  return head;
}

function readStatusLine(head: ResponseHead, text: string, stop: number): void {
  const minor = text.charCodeAt(7) - 48;
  const digits = text.slice(9, 12);
  const status = Number(digits);
  const shaped =
    text.startsWith('HTTP/1.') &&
    minor >= 0 &&
    minor <= 9 &&
    text.charCodeAt(8) === 32 &&
    /^[1-9][0-9]{2}$/.test(digits);
  // "HTTP/1.1 200" without the space before an empty reason is common; a digit more is not a status.
  if (!shaped || (stop > 12 && text.charCodeAt(12) !== 32)) throw badStatusLine(text);
  head.minor = minor === 0 ? 0 : 1;
  head.status = status;
  head.reason = text.slice(13, stop);
}

function badStatusLine(text: string): ProxyError {
  const lf = text.indexOf('\n');
  const line = text.slice(0, Math.min(lf < 0 ? text.length : lf, 80));
  return new ProxyError('bad_response', `expected "HTTP/1.1 status reason", got ${JSON.stringify(line)}`);
}
