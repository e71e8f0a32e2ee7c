import type { BodyFraming } from './http1/body.js';
import { FieldKind } from './http1/field-name.js';
import type { Fields } from './http1/head.js';
import { reasonOf } from './http1/reply.js';
import type { RequestHead } from './http1/request-head.js';
import type { ResponseHead } from './http1/response-head.js';
import type { Facts } from './facts.js';
import type { ConfiguredField } from './location.js';
import { valueOf } from './location.js';

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
 * @param identityOnly leaves out Accept-Encoding, for an answer that has to be read here
 */
export function requestHeadText(head: RequestHead, origin: Origin, defaultHost: string, identityOnly: boolean): string {
  const upgrade = head.asksWebSocket;
  let fields = '';
  let forwardedFor = '';
  let proto = origin.tls ? 'https' : 'http';
  for (let i = 0; i < head.names.length; i++) {
    const key = head.keys[i];
    const value = head.values[i] ?? '';
    switch (key?.kind) {
      case FieldKind.other:
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
    lengthFields(head) +
    (upgrade ? `Connection: upgrade\r\nUpgrade: ${head.upgrade ?? ''}\r\n\r\n` : '\r\n')
  );
}

/**
 * The head of a request to a peer with the fields a configuration gives (nginx: `proxy_set_header`): each takes the place
 * of the client's field of that name, '' leaves it out. The client's other end-to-end fields pass.
 *
 * @param target for the peer
 */
export function configuredHeadText(
  head: RequestHead,
  target: string,
  configured: readonly ConfiguredField[],
  facts: () => Facts,
  identityOnly: boolean,
): string {
  let text = `${head.method} ${target} HTTP/1.1\r\n`;
  for (const { name, value } of configured) {
    const shown = valueOf(value, facts);
    if (shown !== '') text += `${name}: ${shown}\r\n`;
  }
  for (let i = 0; i < head.names.length; i++) {
    const key = head.keys[i];
    if (key === undefined || !passes(key.kind, identityOnly) || head.nominated?.has(key.lower) === true) continue;
    if (configured.some((field) => field.lower === key.lower)) continue;
    text += `${head.names[i]}: ${head.values[i] ?? ''}\r\n`;
  }
  return `${text}${lengthFields(head)}\r\n`;
}

function passes(kind: FieldKind, identityOnly: boolean): boolean {
  switch (kind) {
    case FieldKind.other:
    case FieldKind.forwardedFor:
    case FieldKind.forwarded:
      return true;
    case FieldKind.acceptEncoding:
      return !identityOnly;
    default:
      return false;
  }
}

/** The framing of a request body does not change on the way. */
function lengthFields(head: RequestHead): string {
  if (head.chunked) return 'Transfer-Encoding: chunked\r\n';
  return head.contentLength < 0 ? '' : `Content-Length: ${head.contentLength}\r\n`;
}

/**
 * The head of a response to the client, blank line included.
 *
 * @param framing how the body goes out to the client
 * @param added further field lines, each ended by CRLF
 */
export function responseHeadText(head: ResponseHead, framing: BodyFraming, keepAlive: boolean, added = ''): string {
  return (
    statusLine(head) +
    endToEndFields(head) +
    bodyFields(head, framing) +
    added +
    (keepAlive ? 'Connection: keep-alive\r\n\r\n' : 'Connection: close\r\n\r\n')
  );
}

/** The head of a 101 to the client. */
export function switchedHeadText(head: ResponseHead, added = ''): string {
  return `${statusLine(head)}${endToEndFields(head)}${added}Connection: upgrade\r\nUpgrade: ${head.upgrade ?? 'websocket'}\r\n\r\n`;
}

function statusLine(head: ResponseHead): string {
  return `HTTP/1.1 ${head.status} ${head.reason === '' ? reasonOf(head.status) : head.reason}\r\n`;
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
