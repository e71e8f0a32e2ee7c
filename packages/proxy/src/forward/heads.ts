import { redirectLocation } from '../route/redirect.js';
import type { BodyFraming, BodyLength } from '../http1/body.js';
import { httpDate } from '../http1/date.js';
import { FieldKind } from '../http1/field-name.js';
import type { Fields } from '../http1/head.js';
import { reasonOf } from '../http1/reply.js';
import type { RequestHead } from '../http1/request-head.js';
import type { ResponseHead } from '../http1/response-head.js';
import type { Origin } from '../origin/origin.js';
import type { Facts } from '../facts.js';
import type { ConfiguredField } from '../route/location.js';
import { valueOf } from '../options/value.js';
import type { Pass } from '../route/pass.js';

/**
 * Composes heads from parsed fields; raw bytes are never copied. Hop-by-hop fields are left out (RFC 9110 7.6.1), and the
 * forwarding fields, which name the client, are added.
 */

/**
 * The fields of a request to a peer: Host, X-Real-IP, X-Forwarded-For (nginx: `$proxy_add_x_forwarded_for`),
 * X-Forwarded-Proto and the client's.
 *
 * @param defaultHost Host for an HTTP/1.0 request that has none
 * @param identityOnly leaves out Accept-Encoding, for an answer that has to be read here
 */
export function forwardedFields(head: RequestHead, origin: Origin, defaultHost: string, identityOnly: boolean): string {
  let fields = '';
  let forwardedFor = '';
  let proto = origin.tls ? 'https' : 'http';
  for (let i = 0; i < head.names.length; i++) {
    const key = head.keys[i];
    const value = head.values[i] ?? '';
    switch (key?.kind) {
      case FieldKind.other:
      case FieldKind.ownResponse:
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
    `Host: ${head.host === '' ? defaultHost : head.host}\r\n` +
    `X-Real-IP: ${origin.clientAddress}\r\n` +
    `X-Forwarded-For: ${forwardedFor}${origin.socketAddress}\r\n` +
    `X-Forwarded-Proto: ${proto}\r\n` +
    fields
  );
}

/** The lines that ask a peer for a WebSocket if the client asks for one; only without configured fields. */
export function upgradeLines(head: RequestHead): string {
  return head.asksWebSocket ? `Connection: upgrade\r\nUpgrade: ${head.upgrade ?? ''}\r\n` : '';
}

/**
 * The configured fields of a request to a peer (nginx: `proxy_set_header`): each replaces the client's field of that name,
 * and '' leaves it out. The client's other end-to-end fields pass.
 *
 * @param version HTTP version of the request to the peer
 * @param identityOnly leaves out Accept-Encoding, for an answer that has to be read here
 */
export function configuredFields(
  head: RequestHead,
  version: '1.0' | '1.1',
  configured: readonly ConfiguredField[],
  identityOnly: boolean,
  facts: () => Facts,
): string {
  let text = '';
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
  return text;
}

function passes(kind: FieldKind, identityOnly: boolean): boolean {
  switch (kind) {
    case FieldKind.other:
    case FieldKind.ownResponse:
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

/** The line that states the framing of a request's body. */
export function lengthFields(length: BodyLength): string {
  if (length === 'chunked') return 'Transfer-Encoding: chunked\r\n';
  return length === 'none' ? '' : `Content-Length: ${length}\r\n`;
}

/**
 * The head of a response to the client, blank line included.
 *
 * @param status status of the head, or the one that replaces it
 * @param framing framing of the body to the client
 * @param added further field lines, each ended by CRLF
 * @param pass treats fields as nginx does; undefined passes them all
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
  const length = bodyFields(head, framing);
  const connection = keepAlive ? 'Connection: keep-alive\r\n' : 'Connection: close\r\n';
  const first = statusLine(head, status);
  return pass === undefined
    ? `${first}${endToEndFields(head)}${length}${added}${connection}\r\n`
    : `${first}${passedFields(head, length, connection, pass, facts)}${added}\r\n`;
}

/** The head of a 101 to the client. */
export function switchedHeadText(
  head: ResponseHead,
  added: string,
  pass: Pass | undefined,
  facts: () => Facts,
): string {
  const first = statusLine(head, head.status);
  const connection = 'Connection: upgrade\r\n';
  return pass === undefined
    ? `${first}${endToEndFields(head)}${added}${connection}Upgrade: ${head.upgrade ?? 'websocket'}\r\n\r\n`
    : `${first}${passedFields(head, '', connection, pass, facts)}${added}\r\n`;
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

/**
 * The balancer's `Server` and `Date` unless those of the peer pass, then the fields that are not hidden, with rewritten
 * redirects, in nginx's order.
 *
 * @param length lines that state the framing of the body
 */
function passedFields(head: Fields, length: string, connection: string, pass: Pass, facts: () => Facts): string {
  let first = '';
  let place = '';
  let rest = '';
  if (pass.hidden.has('server') || head.get('server') === undefined) first = 'Server: pinwheel\r\n';
  if (pass.hidden.has('date') || head.get('date') === undefined) first += `Date: ${httpDate()}\r\n`;
  for (let i = 0; i < head.names.length; i++) {
    const key = head.keys[i];
    if (key === undefined || (key.kind !== FieldKind.upgrade && !endToEnd(key.kind))) continue;
    if ((pass.hidesMore || key.kind === FieldKind.ownResponse) && pass.hidden.has(key.lower)) continue;
    const value = head.values[i] ?? '';
    if (key.kind === FieldKind.redirect) {
      const { url, madeWhole } = redirected(key.lower, value, pass, facts);
      if (madeWhole) place = `Location: ${url}\r\n`;
      else rest += `${head.names[i]}: ${url}\r\n`;
    } else if (key.lower === 'content-type') {
      first += `${head.names[i]}: ${value}\r\n`;
    } else {
      rest += `${head.names[i]}: ${value}\r\n`;
    }
  }
  return first + length + place + connection + rest;
}

/** Rewrites a redirect (nginx: `proxy_redirect`); of `Refresh: 5; url=...` the part after `url=`. */
function redirected(lower: string, value: string, pass: Pass, facts: () => Facts): ReturnType<typeof redirectLocation> {
  const { redirect } = pass.options;
  if (redirect === undefined) return { url: value, madeWhole: false };
  if (lower === 'location') {
    const url = redirect(value, facts());
    // As in nginx, only a rewritten path becomes an absolute URL (`absolute_redirect`).
    return url === undefined ? { url: value, madeWhole: false } : redirectLocation(url, pass.redirects, facts);
  }
  const [, before, url] = /^(.*?url=)(.*)$/is.exec(value) ?? [];
  const shown = before === undefined || url === undefined ? value : before + (redirect(url, facts()) ?? url);
  return { url: shown, madeWhole: false };
}

function endToEnd(kind: FieldKind): boolean {
  switch (kind) {
    case FieldKind.connection:
    case FieldKind.contentLength:
    case FieldKind.transferEncoding:
    case FieldKind.upgrade:
    case FieldKind.keepAlive:
    case FieldKind.hopByHop:
      return false;
    default:
      return true;
  }
}

function bodyFields(head: ResponseHead, framing: BodyFraming): string {
  if (framing === 'chunked') return 'Transfer-Encoding: chunked\r\n';
  // The response to HEAD, and a 304, state the length of the body that they leave out.
  return head.contentLength >= 0 && head.status !== 204 ? `Content-Length: ${head.contentLength}\r\n` : '';
}
