import { ProxyError } from '../errors.js';
import { normalPath } from './target.js';
import { FieldKind } from './field-name.js';
import { bytesOf, flatText } from './recent-heads.js';
import { endOfHead, Fields, lineEnd, readFields } from './head.js';
import type { FieldRules, HeadLimits } from './head.js';
import type { KnownHead, Memo, RecentHeads } from './recent-heads.js';

/** The head of a request (RFC 9112 3). */
export class RequestHead extends Fields {
  method = '';
  /** Origin form, `/path?query`. An absolute form is converted; its authority becomes `host`. */
  target = '';
  /** `Host` as given, port included; empty in HTTP/1.0 without one. */
  host = '';
  /** The request line as it came. */
  line = '';
  /** `Expect: 100-continue`. */
  expectContinue = false;
  /** Shared by the heads of a connection with equal field lines; undefined when equality is not known. */
  memo: Memo | undefined = undefined;
  /** The same bytes have come on this connection before. */
  isRepeated = false;

  /** Copies the fields of a head with the same field lines, byte for byte. */
  takeFields(from: RequestHead): void {
    this.names = from.names;
    this.keys = from.keys;
    this.values = from.values;
    this.contentLength = from.contentLength;
    this.chunked = from.chunked;
    this.close = from.close;
    this.connectionUpgrade = from.connectionUpgrade;
    this.nominated = from.nominated;
    this.upgrade = from.upgrade;
    this.expectContinue = from.expectContinue;
    this.memo = from.memo;
    if (this.host === '') this.host = from.host;
  }

  /** Copies a head that has come again, byte for byte. */
  takeWhole(from: RequestHead): void {
    this.method = from.method;
    this.target = from.target;
    this.line = from.line;
    this.takeFields(from);
    this.length = from.length;
    this.isRepeated = true;
  }

  /** Removes the body's framing, for a request that is forwarded without its body. */
  dropBody(): void {
    this.chunked = false;
    this.contentLength = -1;
    this.memo = undefined;
    const { keys } = this;
    const stays = (_: unknown, i: number): boolean =>
      keys[i]?.kind !== FieldKind.contentLength && keys[i]?.kind !== FieldKind.transferEncoding;
    this.names = this.names.filter(stays);
    this.values = this.values.filter(stays);
    this.keys = keys.filter(stays);
  }

  /** True for a request that opens a WebSocket (RFC 6455 4.1; never in HTTP/1.0, RFC 9110 7.8). */
  get asksWebSocket(): boolean {
    return (
      this.upgrade !== undefined &&
      this.connectionUpgrade &&
      this.minor === 1 &&
      this.method === 'GET' &&
      this.upgrade.toLowerCase() === 'websocket'
    );
  }
}

/** The error of a head that cannot be served, with the part of the head that was read. */
export class HeadError extends ProxyError {
  readonly head: RequestHead;

  constructor({ code, detail, cause }: ProxyError, head: RequestHead) {
    super(code, detail, cause);
    this.head = head;
  }
}

/** Limits and rules for the heads of requests. */
export interface RequestRules extends HeadLimits, FieldRules {}

/** As in nginx, a method has no lower-case letters. */
const METHOD = /^[A-Z_-]+$/;
/** No white space and no control characters; bytes beyond ASCII are allowed, as in nginx. */
const TARGET = /^[!-~\x80-\xff]+$/;
/** Scheme, host and port of a target in absolute form (RFC 9112 3.2.2). */
const ABSOLUTE = /^[A-Za-z][-+.0-9A-Za-z]*:\/\/((?:\[[-\w:.~!$&'()*+,;=]*\]|[-.0-9A-Za-z]*)(?::[0-9]*)?)(?=[/?]|$)/;
const USUAL_HOST = /^[-\w]+(?:\.[-\w]+)*\.?(?::[0-9]*)?$/;

/**
 * Reads a request head that begins at `text[from]`, as nginx does. Empty lines before it are skipped (RFC 9112 2.2). An
 * invalid request line is refused before the fields have come.
 *
 * @param known earlier heads of the same connection, read under the same limits
 * @returns undefined while the head is incomplete
 * @throws HeadError of source `client`, with the part of the head that was read
 */
export function readRequestHead(
  text: string,
  from: number,
  limits: RequestRules,
  known?: RecentHeads<RequestHead>,
): RequestHead | undefined {
  const start = skipEmptyLines(text, from);
  const lf = text.indexOf('\n', start);
  const sameFields = lf < 0 ? undefined : known?.find(text, lf + 1);
  const end = sameFields === undefined ? endOfHead(text, start) : lf + 1 + sameFields.text.length;
  const isWhole = end >= 0 && end - start <= limits.head;
  if (!isWhole) {
    refuseOverlong(text, from, start, limits);
    if (!text.includes('\n', start)) {
      // Refuse at once: a client that speaks TLS, for example, would wait for a response and never end its line.
      if (start < text.length && !METHOD.test(text.charAt(start))) throw new ProxyError('bad_method');
      return undefined;
    }
  }
  const head = new RequestHead();
  let lineRead = false;
  try {
    if (lf - start > limits.line) throw new ProxyError('target_too_long');
    readRequestLine(head, text, start, lineEnd(text, start, lf));
    lineRead = true;
    if (!isWhole) return undefined;
    const isOriginForm = head.host === '';
    // Equal field lines mean something else in HTTP/1.0.
    if (sameFields !== undefined && head.minor === 1) {
      head.takeFields(sameFields.head);
    } else {
      readFields(head, text, start, lf + 1, end, limits, limits);
      readHost(head);
      if (known !== undefined && isOriginForm && head.minor === 1) {
        head.memo = { kept: undefined };
        // A copy, because `head` may change while the request is answered.
        const fields = new RequestHead();
        fields.takeFields(head);
        known.add(text, lf + 1, end, fields);
      }
    }
    head.length = end - from;
    if (head.method === 'CONNECT' || head.method === 'TRACE') throw new ProxyError('method_not_allowed', head.method);
    if (sameFields !== undefined && isOriginForm && head.minor === 1) {
      rememberWhole(sameFields, head, text.slice(from, end));
    }
  } catch (error) {
    if (!lineRead) {
      // As in nginx, an invalid request line has no method and no target, also for variables and logs.
      head.method = '';
      head.target = '';
    }
    if (error instanceof ProxyError) throw new HeadError(error, head);
    throw error;
  }
  return head;
}

/** Remembers a head as a whole when both its request line and its fields have come before. */
function rememberWhole(known: KnownHead<RequestHead>, head: RequestHead, text: string): void {
  if (known.trials === 0) return;
  known.trials--;
  const fields = known.head;
  if (fields.line === head.line && fields.length === head.length) {
    known.whole = bytesOf(text);
  } else {
    known.whole = undefined;
    fields.line = flatText(head.line);
    fields.target = flatText(head.target);
    fields.method = head.method;
    fields.length = head.length;
  }
}

/**
 * Finds the head that begins at `bytes[from]` among the heads that came before on this connection.
 *
 * @returns undefined when it is not among them and has to be read (`readRequestHead`)
 */
export function findRequestHead(
  bytes: Buffer,
  from: number,
  end: number,
  known: RecentHeads<RequestHead>,
): RequestHead | undefined {
  const found = known.findWhole(bytes, from, end);
  if (found === undefined) return undefined;
  const head = new RequestHead();
  head.takeWhole(found.head);
  return head;
}

function skipEmptyLines(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 10 && code !== 13) return at;
    at++;
  }
}

/** Refuses an incomplete head that is already over a limit. Empty lines before it count, or they would have no limit. */
function refuseOverlong(text: string, from: number, start: number, limits: HeadLimits): void {
  const lf = text.indexOf('\n', start);
  if ((lf < 0 ? text.length : lf) - start > limits.line) throw new ProxyError('target_too_long');
  const last = text.lastIndexOf('\n') + 1;
  if (text.length - from > limits.head || text.length - last > (limits.fieldLine ?? limits.line)) {
    throw new ProxyError('head_too_large', `too long header line: "${text.slice(last, last + 50)}..."`);
  }
}

function readRequestLine(head: RequestHead, text: string, start: number, stop: number): void {
  head.line = text.slice(start, stop);
  const space = text.indexOf(' ', start);
  const method = text.slice(start, space < 0 || space > stop ? stop : space);
  if (method !== 'GET' && method !== 'POST' && !METHOD.test(method)) throw new ProxyError('bad_method');
  head.method = method;
  const at = skipSpaces(text, space + 1);
  let last = stop;
  while (last > at && text.charCodeAt(last - 1) === 32) last--;
  if (space < 0 || at >= last) throw new ProxyError('bad_request_line');
  const gap = text.indexOf(' ', at);
  // A line without a version is HTTP/0.9, which is not served.
  if (gap < 0 || gap >= last) throw new ProxyError('bad_request_line');
  const target = text.slice(at, gap);
  if (!TARGET.test(target)) throw new ProxyError('bad_request_line');
  readTarget(head, target);
  head.minor = readVersion(text, skipSpaces(text, gap), last);
  // Refuses broken escapes and paths above the root, which only such targets can have.
  if (target.includes('%') || target.includes('/.')) normalPath(head.target);
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 32) at++;
  return at;
}

/** @returns the minor version: 0, or 1 for any other */
function readVersion(text: string, at: number, stop: number): number {
  if (stop - at === 8 && text.startsWith('HTTP/1.1', at)) return 1;
  const version = text.slice(at, stop);
  if (/^HTTP\/(?:[2-9]|1\d)/.test(version)) throw new ProxyError('version_not_supported', version);
  const minor = /^HTTP\/1\.(\d{1,3})$/.exec(version)?.[1];
  if (minor === undefined) throw new ProxyError('bad_request_line');
  return Number(minor) === 0 ? 0 : 1;
}

function readTarget(head: RequestHead, target: string): void {
  if (target.startsWith('/')) {
    head.target = withoutFragment(target);
    return;
  }
  // CONNECT is refused later, whatever its target is.
  const absolute = head.method === 'CONNECT' ? null : ABSOLUTE.exec(target);
  if (absolute === null) {
    if (head.method === 'CONNECT') return;
    throw new ProxyError('bad_request_line');
  }
  const [whole, host = ''] = absolute;
  if (!isHost(host)) throw new ProxyError('bad_target_host');
  head.host = host;
  const tail = withoutFragment(target.slice(whole.length));
  head.target = tail.startsWith('/') ? tail : `/${tail}`;
}

/** Removes a fragment, which a request must not contain (RFC 9112 3.2). */
function withoutFragment(target: string): string {
  const hash = target.indexOf('#');
  return hash < 0 ? target : target.slice(0, hash);
}

/** RFC 9112 3.2: exactly one Host in HTTP/1.1; the authority of an absolute target wins over it. */
function readHost(head: RequestHead): void {
  let index = -1;
  for (let i = 0; i < head.keys.length; i++) {
    const kind = head.keys[i]?.kind;
    if (kind === FieldKind.host) {
      if (index >= 0) throw secondHost(head, index, i);
      index = i;
    } else if (kind === FieldKind.expect) {
      head.expectContinue = head.minor === 1 && head.values[i]?.toLowerCase() === '100-continue';
    }
  }
  if (index < 0) {
    if (head.minor === 1) throw new ProxyError('no_host');
    return;
  }
  const host = head.values[index] ?? '';
  if (host !== lastHost) {
    if (!isHost(host)) throw new ProxyError('bad_host', JSON.stringify(host.slice(0, 80)));
    lastHost = Buffer.from(host, 'latin1').toString('latin1');
  }
  if (head.host === '') head.host = host;
}

/** The last `Host` found valid: nearly every request has that of the request before. */
let lastHost: string | undefined;

function secondHost({ names, values }: RequestHead, first: number, second: number): ProxyError {
  const shown = (i: number): string => `"${names[i] ?? ''}: ${values[i] ?? ''}"`;
  return new ProxyError('duplicate_field', `host header: ${shown(second)}, previous value: ${shown(first)}`);
}

/** As in nginx, a host is any text without white space, slashes and `..`. */
function isHost(text: string): boolean {
  if (USUAL_HOST.test(text)) return true;
  if (/[/\0-\x20\x7f]|\.\./.test(text)) return false;
  const literal = /^\[[^\]]*\]/.exec(text)?.[0];
  const name = literal ?? text.slice(0, text.indexOf(':') < 0 ? text.length : text.indexOf(':'));
  return name.replace(/\.$/, '') !== '';
}

/**
 * The head of a request that cannot be served, as far as it was read; no body and no further request follow it.
 *
 * @param text what was read of it, when the error has no head
 */
export function refusedHead(error: ProxyError, text: string): RequestHead {
  const head = error instanceof HeadError ? error.head : new RequestHead();
  if (head.line === '') head.line = /^\s*([^\r\n]*)/.exec(text)?.[1] ?? '';
  if (head.host === '') head.host = head.get('host') ?? '';
  head.close = true;
  head.chunked = false;
  head.contentLength = -1;
  return head;
}
