import { ProxyError } from '../errors.js';
import { FieldKind } from './field-name.js';
import { endOfHead, Fields, lineEnd, readFields } from './head.js';
import type { HeadLimits } from './head.js';

/** The head of a request (RFC 9112 3). */
export class RequestHead extends Fields {
  method = '';
  /** Origin form, `/path?query`, or `*`. An absolute form is brought to it; its authority becomes `host`. */
  target = '';
  /** `Host` as given, port included; empty in HTTP/1.0 without one. */
  host = '';
  /** The request line as it came. */
  line = '';
  /** `Expect: 100-continue`. */
  expectContinue = false;

  /** True when the client asks to speak WebSocket on this connection (RFC 6455 4.1; never in HTTP/1.0, RFC 9110 7.8). */
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

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** No white space (RFC 9112 3.2), and no byte beyond ASCII: Node's strict parser takes none in a target. */
const TARGET = /^[!-~]+$/;
const SCHEME = /^https?:\/\//i;
/** RFC 3986 3.2.2 reg-name or IPv6 literal, and a port. */
const HOST = /^(?:[A-Za-z0-9!$&'()*+,;=\-._~%]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/;

/**
 * Reads a request head that begins at `text[from]`. Empty lines before it are skipped (RFC 9112 2.2).
 *
 * @returns undefined while the head is not whole
 * @throws ProxyError: 400, 405, 414, 431 or 505 by its `status`
 */
export function readRequestHead(text: string, from: number, limits: HeadLimits): RequestHead | undefined {
  const start = skipEmptyLines(text, from);
  const end = endOfHead(text, start);
  if (end < 0 || end - start > limits.head) {
    refuseOverlong(text, from, start, limits);
    return undefined;
  }
  const head = new RequestHead();
  const lf = text.indexOf('\n', start);
  if (lf - start > limits.line) throw new ProxyError('target_too_long', `more than ${limits.line} bytes`);
  readRequestLine(head, text, start, lineEnd(text, start, lf));
  readFields(head, text, start, lf + 1, end, limits);
  head.length = end - from;
  readHost(head);
  return head;
}

function skipEmptyLines(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 10) at += 1;
    else if (code === 13 && text.charCodeAt(at + 1) === 10) at += 2;
    else return at;
  }
}

/** A head that is not whole yet may already be over a limit; the empty lines before it count, or they had none. */
function refuseOverlong(text: string, from: number, start: number, limits: HeadLimits): void {
  const lf = text.indexOf('\n', start);
  if ((lf < 0 ? text.length : lf) - start > limits.line) {
    throw new ProxyError('target_too_long', `more than ${limits.line} bytes`);
  }
  const line = text.length - (text.lastIndexOf('\n') + 1);
  if (text.length - from > limits.head || line > limits.line) {
    throw new ProxyError('head_too_large', `more than ${limits.head} bytes, or a line of more than ${limits.line}`);
  }
}

function readRequestLine(head: RequestHead, text: string, start: number, stop: number): void {
  head.line = text.slice(start, stop);
  const space = text.indexOf(' ', start);
  const lastSpace = text.lastIndexOf(' ', stop - 1);
  if (space < 0 || space >= stop || lastSpace <= space) throw badRequestLine(text, start, stop);
  const method = text.slice(start, space);
  if (!knownMethods.has(method) && !TOKEN.test(method)) throw badRequestLine(text, start, stop);
  head.method = method;
  head.minor = readVersion(text, lastSpace + 1, stop, start);
  const target = text.slice(space + 1, lastSpace);
  // RFC 9112 3: one space on either side of it.
  if (!TARGET.test(target)) throw badRequestLine(text, start, stop);
  if (method === 'CONNECT' || method === 'TRACE') throw new ProxyError('method_not_allowed', method);
  readTarget(head, target);
}

const knownMethods: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH']);

function badRequestLine(text: string, start: number, stop: number): ProxyError {
  return new ProxyError('bad_request_line', JSON.stringify(text.slice(start, Math.min(stop, start + 80))));
}

function readVersion(text: string, at: number, stop: number, start: number): number {
  if (stop - at !== 8 || !text.startsWith('HTTP/', at) || text.charCodeAt(at + 6) !== 0x2e) {
    throw badRequestLine(text, start, stop);
  }
  const major = text.charCodeAt(at + 5) - 48;
  const minor = text.charCodeAt(at + 7) - 48;
  if (major < 0 || major > 9 || minor < 0 || minor > 9) throw badRequestLine(text, start, stop);
  if (major !== 1) throw new ProxyError('version_not_supported', text.slice(at, stop));
  return minor === 0 ? 0 : 1;
}

function readTarget(head: RequestHead, target: string): void {
  if (target.startsWith('/')) {
    head.target = withoutFragment(target);
    return;
  }
  if (target === '*' && head.method === 'OPTIONS') {
    head.target = target;
    return;
  }
  const scheme = SCHEME.exec(target);
  if (scheme === null) throw new ProxyError('bad_target', JSON.stringify(target.slice(0, 80)));
  const rest = target.slice(scheme[0].length);
  const path = rest.search(/[/?#]/);
  head.host = path < 0 ? rest : rest.slice(0, path);
  if (!HOST.test(head.host)) throw new ProxyError('bad_host', JSON.stringify(head.host.slice(0, 80)));
  const tail = path < 0 ? '' : withoutFragment(rest.slice(path));
  // RFC 9112 3.2.4: the server as a whole is meant.
  if (tail === '' && head.method === 'OPTIONS') head.target = '*';
  else head.target = tail.startsWith('/') ? tail : `/${tail}`;
}

/** A fragment has no place in a request (RFC 9112 3.2); what follows it is not for the server. */
function withoutFragment(target: string): string {
  const hash = target.indexOf('#');
  return hash < 0 ? target : target.slice(0, hash);
}

/** RFC 9112 3.2: exactly one Host in HTTP/1.1; the authority of an absolute target wins over it. */
function readHost(head: RequestHead): void {
  let count = 0;
  let host = '';
  for (let i = 0; i < head.keys.length; i++) {
    const kind = head.keys[i]?.kind;
    if (kind === FieldKind.host) {
      count++;
      host = head.values[i] ?? '';
    } else if (kind === FieldKind.expect) {
      head.expectContinue = head.minor === 1 && head.values[i]?.toLowerCase() === '100-continue';
    }
  }
  if (count > 1) throw new ProxyError('bad_host', 'two Host lines');
  if (count === 0 && head.minor === 1) throw new ProxyError('bad_host', 'none in HTTP/1.1');
  if (count === 1 && host !== lastHost) {
    if (!HOST.test(host)) throw new ProxyError('bad_host', JSON.stringify(host.slice(0, 80)));
    lastHost = Buffer.from(host, 'latin1').toString('latin1');
  }
  if (head.host === '') head.host = host;
}

/** The Host found valid last: nearly every request has the one of the request before. */
let lastHost: string | undefined;
