/**
 * Header field names, each looked at once: validity (RFC 9110 5.6.2 token), lower case, and whether the proxy has
 * something to do with it. Names that came before are found in a bounded table.
 */

/** Fields that the proxy reads, replaces or drops; `other` fields pass as they are. */
export const FieldKind = {
  other: 0,
  host: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  upgrade: 5,
  expect: 6,
  /** Hop-by-hop by definition (RFC 9110 7.6.1) and of no use to us: dropped. */
  hop: 7,
  forwardedFor: 8,
  /** Said by this proxy alone, unless a trusted proxy said it. */
  forwarded: 9,
  acceptEncoding: 10,
  keepAlive: 11,
  /** Of a response: `OWN_RESPONSE_FIELDS`. */
  own: 12,
  /** Of an answer: holds a URL of the peer's. */
  redirect: 13,
} as const;
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind];

export interface FieldName {
  readonly lower: string;
  readonly kind: FieldKind;
  /** Letters, digits and hyphens only: what nginx takes for a valid name. */
  readonly isPlain: boolean;
  /** A request may have it once only. */
  readonly isSingle: boolean;
}

/** Fields that nginx refuses to see twice; `Host` it checks by itself. */
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

/** Fields of a response that nginx does not pass on, unless `proxy_pass_header` names them. */
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
  ['te', FieldKind.hop],
  ['trailer', FieldKind.hop],
  ['proxy-connection', FieldKind.hop],
  ['keep-alive', FieldKind.keepAlive],
  ['x-forwarded-for', FieldKind.forwardedFor],
  ['x-forwarded-proto', FieldKind.forwarded],
  ['x-real-ip', FieldKind.forwarded],
  ['accept-encoding', FieldKind.acceptEncoding],
  ...OWN_RESPONSE_FIELDS.map((name) => [name, FieldKind.own] as const),
  ['location', FieldKind.redirect],
  ['refresh', FieldKind.redirect],
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const SEEN_LIMIT = 2_048;
const SEEN_LENGTH = 64;
const seen = new Map<string, FieldName>();

/** What is known of a field name as it stands in a head, or undefined when it is no token. */
export function fieldName(name: string): FieldName | undefined {
  const known = seen.get(name);
  if (known !== undefined) return known;
  if (!TOKEN.test(name)) return undefined;
  const lower = name.toLowerCase();
  const kind = kinds.get(lower) ?? FieldKind.other;
  const field: FieldName = { lower, kind, isPlain: PLAIN.test(name), isSingle: single.has(lower) };
  if (seen.size < SEEN_LIMIT && name.length <= SEEN_LENGTH) {
    // A slice would keep the whole head it came from alive; the copy does not.
    seen.set(Buffer.from(name, 'latin1').toString('latin1'), field);
  }
  return field;
}
