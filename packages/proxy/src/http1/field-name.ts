/**
 * Header field names: validity (token, RFC 9110 5.6.2), lower case, and how the proxy treats the field. Each name is
 * examined once and then found in a bounded table.
 */

/** How the proxy treats a field: those it reads, replaces or drops; `other` fields pass unchanged. */
export const FieldKind = {
  other: 0,
  host: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  upgrade: 5,
  expect: 6,
  /** Hop-by-hop by definition (RFC 9110 7.6.1): dropped. */
  hopByHop: 7,
  forwardedFor: 8,
  /** Set by this proxy; a client's value passes only if the client is a trusted proxy. */
  forwarded: 9,
  acceptEncoding: 10,
  keepAlive: 11,
  /** A response field in `OWN_RESPONSE_FIELDS`. */
  ownResponse: 12,
  /** A response field that holds a URL of the peer. */
  redirect: 13,
} as const;
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind];

export interface FieldName {
  readonly lower: string;
  readonly kind: FieldKind;
  /** Letters, digits and hyphens only, which nginx calls a valid name. */
  readonly isPlain: boolean;
  /** A request may have this field only once. */
  readonly isSingle: boolean;
}

/** Fields that nginx refuses a second time; a second `Host` is refused elsewhere (`readHost`). */
const single: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-range',
  'expect',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'transfer-encoding',
]);
const PLAIN = /^[-0-9A-Za-z]+$/;

/** Lower-case names of the response fields that nginx does not pass on, unless `proxy_pass_header` names them. */
export const OWN_RESPONSE_FIELDS: readonly string[] = [
  'server',
  'date',
  'x-pad',
  'x-accel-expires',
  'x-accel-redirect',
  'x-accel-limit-rate',
  'x-accel-buffering',
  'x-accel-charset',
];

const kinds: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  ['host', FieldKind.host],
  ['connection', FieldKind.connection],
  ['content-length', FieldKind.contentLength],
  ['transfer-encoding', FieldKind.transferEncoding],
  ['upgrade', FieldKind.upgrade],
  ['expect', FieldKind.expect],
  ['te', FieldKind.hopByHop],
  ['trailer', FieldKind.hopByHop],
  ['proxy-connection', FieldKind.hopByHop],
  ['keep-alive', FieldKind.keepAlive],
  ['x-forwarded-for', FieldKind.forwardedFor],
  ['x-forwarded-proto', FieldKind.forwarded],
  ['x-real-ip', FieldKind.forwarded],
  ['accept-encoding', FieldKind.acceptEncoding],
  ...OWN_RESPONSE_FIELDS.map((name) => [name, FieldKind.ownResponse] as const),
  ['location', FieldKind.redirect],
  ['refresh', FieldKind.redirect],
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const SEEN_LIMIT = 2_048;
const SEEN_LENGTH = 64;
const seen = new Map<string, FieldName>();

/** Examines a field name in any case. @returns undefined when it is not a token */
export function fieldName(name: string): FieldName | undefined {
  const known = seen.get(name);
  if (known !== undefined) return known;
  if (!TOKEN.test(name)) return undefined;
  const lower = name.toLowerCase();
  const kind = kinds.get(lower) ?? FieldKind.other;
  const field: FieldName = { lower, kind, isPlain: PLAIN.test(name), isSingle: single.has(lower) };
  if (seen.size < SEEN_LIMIT && name.length <= SEEN_LENGTH) {
    // A copy, because a slice would keep the whole head in memory.
    seen.set(Buffer.from(name, 'latin1').toString('latin1'), field);
  }
  return field;
}
