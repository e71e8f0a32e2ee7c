import type { BodyFraming } from './http1/body.js';
import { httpDate } from './http1/date.js';
import { FieldKind } from './http1/field-name.js';
import type { Fields } from './http1/head.js';
import { reasonOf } from './http1/reply.js';
import type { RequestHead } from './http1/request-head.js';
import type { ResponseHead } from './http1/response-head.js';
import type { Facts } from './facts.js';
import type { ConfiguredField } from './location.js';
import { valueOf } from './location.js';
import type { BodyLength } from './outgoing-request.js';
import type { Pass } from './pass.js';

/**
 * Heads as they leave: written anew from what was read, never passed on raw. Fields that end at this hop are left out
 * (RFC 9110 7.6.1), those that say who the client is are added.
 */

/** What the peer is told of the client. */
export interface Origin {
  /** Address of the connection the request came on. */
  readonly socketAddress: string;
  /** The client's address: that of the connection, or the one a trusted proxy named. */
  readonly clientAddress: string;
  /** The client's port; undefined where it is not known. */
  readonly clientPort?: number | undefined;
  readonly tls: boolean;
  /** The connection comes from a trusted proxy, whose X-Forwarded-Proto stands. */
  readonly trusted: boolean;
}

/**
 * The head of a request to a peer, blank line included: X-Real-IP, X-Forwarded-For (nginx: `$proxy_add_x_forwarded_for`),
 * X-Forwarded-Proto and Host.
 *
 * @param defaultHost Host for an HTTP/1.0 request that has none
 * @param length how the body is announced
 * @param identityOnly leaves out Accept-Encoding, for an answer that has to be read here
 */
export function requestHeadText(
  head: RequestHead,
  origin: Origin,
  defaultHost: string,
  length: BodyLength,
  identityOnly: boolean,
): string {
  const upgrade = head.asksWebSocket;
  let fields = '';
  let forwardedFor = '';
  let proto = origin.tls ? 'https' : 'http';
  for (let i = 0; i < head.names.length; i++) {
    const key = head.keys[i];
    const value = head.values[i] ?? '';
    switch (key?.kind) {
      case FieldKind.other:
      case FieldKind.own:
      case FieldKind.redirect:
        if (head.nominated?.has(key.lower) !== true) fields += `${head.names[i]}: ${value}\r\n`;
        break;
      case FieldKind.forwardedFor:
        if (value !== '') forwardedFor += `${value}, `;
        break;
      case FieldKind.forwarded:
        if (origin.trusted && key.lower === 'x-forwarded-proto') proto = value;
        break;
      case FieldKind.acceptEncoding:
        if (!identityOnly) fields += `${head.names[i]}: ${value}\r\n`;
        break;
      default:
    }
  }
  return (
    `${head.method} ${head.target} HTTP/1.1\r\n` +
    `Host: ${head.host === '' ? defaultHost : head.host}\r\n` +
    `X-Real-IP: ${origin.clientAddress}\r\n` +
    `X-Forwarded-For: ${forwardedFor}${origin.socketAddress}\r\n` +
    `X-Forwarded-Proto: ${proto}\r\n` +
    fields +
    lengthFields(length) +
    (upgrade ? `Connection: upgrade\r\nUpgrade: ${head.upgrade ?? ''}\r\n\r\n` : '\r\n')
  );
}

/** The first line of a request to a peer and how its body is announced. */
export interface RequestShape {
  readonly method: string;
  readonly target: string;
  readonly version: '1.0' | '1.1';
  readonly length: BodyLength;
  /** Leaves out Accept-Encoding, for an answer that has to be read here. */
  readonly identityOnly: boolean;
}

/**
 * The head of a request to a peer with the fields a configuration gives (nginx: `proxy_set_header`): each takes the place
 * of the client's field of that name, '' leaves it out. The client's other end-to-end fields pass.
 */
export function configuredHeadText(
  head: RequestHead,
  { method, target, version, length, identityOnly }: RequestShape,
  configured: readonly ConfiguredField[],
  facts: () => Facts,
): string {
  let text = `${method} ${target} HTTP/${version}\r\n`;
  for (const { name, value } of configured) {
    const shown = valueOf(value, facts);
    if (shown !== '') text += `${name}: ${shown}\r\n`;
  }
  if (version === '1.0' && !configured.some(({ lower }) => lower === 'connection')) text += 'Connection: close\r\n';
  for (let i = 0; i < head.names.length; i++) {
    const key = head.keys[i];
    if (key === undefined || !passes(key.kind, identityOnly) || head.nominated?.has(key.lower) === true) continue;
    if (configured.some((field) => field.lower === key.lower)) continue;
    text += `${head.names[i]}: ${head.values[i] ?? ''}\r\n`;
  }
  return `${text}${lengthFields(length)}\r\n`;
}

function passes(kind: FieldKind, identityOnly: boolean): boolean {
  switch (kind) {
    case FieldKind.other:
    case FieldKind.own:
    case FieldKind.redirect:
    case FieldKind.forwardedFor:
    case FieldKind.forwarded:
      return true;
    case FieldKind.acceptEncoding:
      return !identityOnly;
    default:
      return false;
  }
}

function lengthFields(length: BodyLength): string {
  if (length === 'chunked') return 'Transfer-Encoding: chunked\r\n';
  return length === 'none' ? '' : `Content-Length: ${length}\r\n`;
}

/**
 * The head of a response to the client, blank line included.
 *
 * @param status to tell: that of the head, or another
 * @param framing how the body goes out to the client
 * @param added further field lines, each ended by CRLF
 * @param pass nginx's ways with fields; undefined passes them all
 */
export function responseHeadText(
  head: ResponseHead,
  status: number,
  framing: BodyFraming,
  keepAlive: boolean,
  added: string,
  pass: Pass | undefined,
  facts: () => Facts,
): string {
  return (
    statusLine(head, status) +
    (pass === undefined ? endToEndFields(head) : passedFields(head, pass, facts)) +
    bodyFields(head, framing) +
    added +
    (keepAlive ? 'Connection: keep-alive\r\n\r\n' : 'Connection: close\r\n\r\n')
  );
}

/** The head of a 101 to the client. */
export function switchedHeadText(
  head: ResponseHead,
  added: string,
  pass: Pass | undefined,
  facts: () => Facts,
): string {
  const fields = pass === undefined ? endToEndFields(head) : passedFields(head, pass, facts);
  const upgrade = pass === undefined ? (head.upgrade ?? 'websocket') : head.upgrade;
  return (
    statusLine(head, head.status) +
    fields +
    added +
    'Connection: upgrade\r\n' +
    (upgrade === undefined ? '\r\n' : `Upgrade: ${upgrade}\r\n\r\n`)
  );
}

function statusLine(head: ResponseHead, status: number): string {
  const reason = head.reason === '' || status !== head.status ? reasonOf(status) : head.reason;
  return `HTTP/1.1 ${status} ${reason}\r\n`;
}

function endToEndFields(head: Fields): string {
  let fields = '';
  for (let i = 0; i < head.names.length; i++) {
    const key = head.keys[i];
    if (key === undefined || !endToEnd(key.kind) || head.nominated?.has(key.lower) === true) continue;
    fields += `${head.names[i]}: ${head.values[i] ?? ''}\r\n`;
  }
  return fields;
}

/** Own `Server` and `Date` unless the peer's pass, and the fields that are not hidden, redirects rewritten. */
function passedFields(head: Fields, pass: Pass, facts: () => Facts): string {
  let fields = '';
  if (pass.hidden.has('server') || head.get('server') === undefined) fields = 'Server: pinwheel\r\n';
  if (pass.hidden.has('date') || head.get('date') === undefined) fields += `Date: ${httpDate()}\r\n`;
  for (let i = 0; i < head.names.length; i++) {
    const key = head.keys[i];
    if (key === undefined || !endToEnd(key.kind)) continue;
    if ((pass.hidesMore || key.kind === FieldKind.own) && pass.hidden.has(key.lower)) continue;
    const value = head.values[i] ?? '';
    const shown = key.kind === FieldKind.redirect ? redirected(key.lower, value, pass, facts) : value;
    fields += `${head.names[i]}: ${shown}\r\n`;
  }
  return fields;
}

/** nginx: `proxy_redirect`; in `Refresh: 5; url=...` it is about what follows `url=`. */
function redirected(lower: string, value: string, pass: Pass, facts: () => Facts): string {
  const { redirect } = pass.options;
  if (redirect === undefined) return value;
  if (lower === 'location') return redirect(value, facts()) ?? value;
  const [, before, url] = /^(.*?url=)(.*)$/is.exec(value) ?? [];
  if (before === undefined || url === undefined) return value;
  return before + (redirect(url, facts()) ?? url);
}

function endToEnd(kind: FieldKind): boolean {
  switch (kind) {
    case FieldKind.connection:
    case FieldKind.contentLength:
    case FieldKind.transferEncoding:
    case FieldKind.upgrade:
    case FieldKind.keepAlive:
    case FieldKind.hop:
      return false;
    default:
      return true;
  }
}

function bodyFields(head: ResponseHead, framing: BodyFraming): string {
  if (framing === 'chunked') return 'Transfer-Encoding: chunked\r\n';
  // The length that an answer to HEAD, or a 304, states is that of the body it does not have.
  return head.contentLength >= 0 && head.status !== 204 ? `Content-Length: ${head.contentLength}\r\n` : '';
}
