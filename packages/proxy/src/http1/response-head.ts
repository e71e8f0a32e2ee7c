import { ProxyError } from '../errors.js';
import { FieldKind } from './field-name.js';
import { endOfHead, Fields, lineEnd, readFields } from './head.js';
import type { HeadLimits } from './head.js';
import type { Memo, RecentHeads } from './recent-heads.js';
import { bytesOf } from './recent-heads.js';

/** The head of a response (RFC 9112 4). Responses with equal heads on one connection share the object. */
export class ResponseHead extends Fields implements Memo {
  status = 0;
  reason = '';
  /** Milliseconds for which the peer keeps the connection idle; undefined until `Link` has worked it out. */
  keepAliveHint: number | undefined = undefined;
  kept: unknown = undefined;
}

/**
 * Reads a response head that begins at `text[0]`.
 *
 * @param known earlier heads of the same connection, read under the same limits
 * @returns undefined while the head is incomplete
 * @throws ProxyError `bad_response`
 */
export function readResponseHead(
  text: string,
  limits: HeadLimits,
  known?: RecentHeads<ResponseHead>,
): ResponseHead | undefined {
  const same = known?.find(text, 0);
  if (same !== undefined) {
    same.whole ??= bytesOf(same.text);
    return same.head;
  }
  const end = endOfHead(text, 0);
  if (end < 0 || end > limits.head) {
    if (text.length > limits.head) throw new ProxyError('bad_response', 'upstream sent too big header');
    if (text.length >= 5 && !text.startsWith('HTTP/')) throw badStatusLine(text);
    return undefined;
  }
  const head = new ResponseHead();
  const lf = text.indexOf('\n');
  readStatusLine(head, text, lineEnd(text, 0, lf));
  try {
    readFields(head, text, 0, lf + 1, end, limits);
  } catch (error) {
    throw new ProxyError('bad_response', wordsFor(error), error);
  }
  refuseSecondLength(head);
  known?.add(text, 0, end, head);
  return head;
}

/** The fault in the words of nginx's error log. */
function wordsFor(error: unknown): string {
  if (!(error instanceof ProxyError)) throw error;
  switch (error.code) {
    case 'bad_content_length':
      return `upstream sent invalid "Content-Length" header: "${error.detail}"`;
    case 'bad_transfer_encoding':
      return `upstream sent unknown "Transfer-Encoding": "${error.detail}"`;
    case 'ambiguous_length':
      return 'upstream sent "Content-Length" and "Transfer-Encoding" headers at the same time';
    case 'head_too_large':
      return 'upstream sent too big header';
    default:
      return `upstream sent invalid header: ${error.detail}`;
  }
}

/** As in nginx, a second `Content-Length` is an error even if it has the same value. */
function refuseSecondLength(head: ResponseHead): void {
  if (head.contentLength < 0) return;
  let first: string | undefined;
  for (let i = 0; i < head.keys.length; i++) {
    if (head.keys[i]?.kind !== FieldKind.contentLength) continue;
    const value = head.values[i] ?? '';
    if (first !== undefined) {
      const lines = `"Content-Length: ${value}", previous value: "Content-Length: ${first}"`;
      throw new ProxyError('bad_response', `upstream sent duplicate header line: ${lines}`);
    }
    first = value;
  }
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
  // "HTTP/1.1 200" without the space before an empty reason is common; "HTTP/1.1 2000" is not a status.
  if (!shaped || (stop > 12 && text.charCodeAt(12) !== 32)) throw badStatusLine(text);
  head.minor = minor === 0 ? 0 : 1;
  head.status = status;
  head.reason = text.slice(13, stop);
}

function badStatusLine(text: string): ProxyError {
  const lf = text.indexOf('\n');
  const line = text.slice(0, Math.min(lf < 0 ? text.length : lf, 80));
  return new ProxyError('bad_response', `upstream sent no valid HTTP/1.0 header: ${JSON.stringify(line)}`);
}
