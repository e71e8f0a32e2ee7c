import { ProxyError } from '../errors.js';
import { FieldKind, fieldName } from './field-name.js';
import type { FieldName } from './field-name.js';

/** Limits for reading a head; see `LimitOptions`. Bytes, except `fields`. */
export interface HeadLimits {
  readonly line: number;
  /** Longest header line. Default: `line`. */
  readonly fieldLine?: number | undefined;
  readonly head: number;
  readonly fields: number;
}

/** How the fields of a request are read where nginx and RFC 9110 differ. */
export interface FieldRules {
  /** For a name with bytes other than letters, digits and hyphens. `refuse`: names that are not tokens get 400, tokens pass. */
  readonly invalidNames: 'refuse' | 'ignore' | 'pass';
  /** `_` counts as a letter. */
  readonly underscores: boolean;
}

const NONE: readonly never[] = [];

/**
 * The header fields of a request or response, and what they state about framing and connection. Texts are latin1: one
 * character is one byte.
 */
export class Fields {
  /** The fields in order: index `i` of the three arrays is one field. Heads of equal bytes share the arrays. */
  names: readonly string[] = NONE;
  keys: readonly FieldName[] = NONE;
  values: readonly string[] = NONE;
  /** Minor version: 0 or 1. */
  minor = 1;
  /** -1 without `Content-Length`. */
  contentLength = -1;
  chunked = false;
  /** `Connection` contains close, or the version is HTTP/1.0 and `Connection` does not contain keep-alive. */
  close = false;
  /** `Connection` contains upgrade. */
  connectionUpgrade = false;
  /** Lower-case names of the fields that `Connection` nominates besides the usual ones; they are not forwarded. */
  nominated: Set<string> | undefined = undefined;
  /** Value of `Upgrade`. */
  upgrade: string | undefined = undefined;
  /** Length of the head, blank line included. */
  length = 0;

  /** Value of the first field of that name (lower case), or undefined. */
  get(lower: string): string | undefined {
    for (let i = 0; i < this.keys.length; i++) {
      if (this.keys[i]?.lower === lower) return this.values[i];
    }
    return undefined;
  }

  /** Values of all fields of that name (lower case), joined as one list (RFC 9110 5.3), or undefined. */
  joined(lower: string, separator = ', '): string | undefined {
    let value: string | undefined;
    for (let i = 0; i < this.keys.length; i++) {
      if (this.keys[i]?.lower === lower)
        value = value === undefined ? this.values[i] : value + separator + (this.values[i] ?? '');
    }
    return value;
  }
}

/** Matches up to the first control character other than HTAB and line ends, or CR without LF. */
const CLEAN = /(?:[\t\n\x20-\x7e\x80-\xff]|\r\n)*/y;
const DIGITS = /^[0-9]{1,15}$/;

const LF = 10;
const CR = 13;
const SP = 32;
const HTAB = 9;

/** Index after the blank line that ends a head; -1 while it has not come. Line ends are CRLF or a bare LF. */
export function endOfHead(text: string, from: number): number {
  let at = from;
  for (;;) {
    const lf = text.indexOf('\n', at);
    if (lf < 0) return -1;
    const next = text.charCodeAt(lf + 1);
    if (next === LF) return lf + 2;
    if (next === CR && text.charCodeAt(lf + 2) === LF) return lf + 3;
    at = lf + 1;
  }
}

/** Index after the last character of the line that begins at `from`, without its line end. @param lf index of its LF */
export function lineEnd(text: string, from: number, lf: number): number {
  return lf > from && text.charCodeAt(lf - 1) === CR ? lf - 1 : lf;
}

/**
 * Reads the field lines of a head (RFC 9112 5) from `from` to its blank line, which ends at `end`.
 *
 * @param rules for a request; undefined: the strict rules for a response
 * @throws ProxyError with the code of the fault; for a response the caller turns it into `bad_response`
 */
export function readFields(
  fields: Fields,
  text: string,
  start: number,
  from: number,
  end: number,
  limits: HeadLimits,
  rules?: FieldRules,
): void {
  refuseControl(text, start, from, end, rules !== undefined);
  const { fieldLine: longest = limits.line } = limits;
  const names: string[] = [];
  const keys: FieldName[] = [];
  const values: string[] = [];
  // Assigned before parsing: a log line about a bad field shows the fields before it.
  fields.names = names;
  fields.keys = keys;
  fields.values = values;
  let keepAlive = false;
  let unknownCoding: string | undefined;
  let at = from;
  for (;;) {
    const lf = text.indexOf('\n', at);
    const stop = lineEnd(text, at, lf);
    if (stop === at) break;
    if (lf - at > longest) {
      throw new ProxyError('head_too_large', `too long header line: "${text.slice(at, at + 50)}..."`);
    }
    let colon = text.indexOf(':', at);
    if (colon < 0 || colon >= stop) {
      if (rules === undefined || rules.invalidNames === 'refuse') {
        throw new ProxyError('bad_field', 'a line without a colon');
      }
      // nginx: a field without a value.
      colon = stop;
    }
    const name = text.slice(at, colon);
    let key = fieldName(name);
    if (key === undefined || !(key.isPlain || rules === undefined || rules.invalidNames === 'refuse')) {
      key = oddName(name, key, rules);
      if (key === undefined) {
        at = lf + 1;
        continue;
      }
    }
    if (key.isSingle && rules !== undefined) refuseSecond(fields, key, name);
    let first = Math.min(colon + 1, stop);
    let last = stop;
    while (first < last && isBlank(text.charCodeAt(first))) first++;
    while (last > first && isBlank(text.charCodeAt(last - 1))) last--;
    const value = text.slice(first, last);
    if (names.length >= limits.fields) {
      throw new ProxyError('head_too_large', 'too many header lines');
    }
    names.push(name);
    keys.push(key);
    values.push(value);
    switch (key.kind) {
      case FieldKind.contentLength:
        readContentLength(fields, value);
        break;
      case FieldKind.transferEncoding:
        if (fields.chunked) throw new ProxyError('bad_transfer_encoding', value);
        if (value.toLowerCase() === 'chunked') fields.chunked = true;
        else if (rules === undefined) throw new ProxyError('bad_transfer_encoding', value);
        else unknownCoding = value;
        break;
      case FieldKind.connection:
        keepAlive = readConnection(fields, value) || keepAlive;
        break;
      case FieldKind.upgrade:
        fields.upgrade = fields.upgrade === undefined ? value : `${fields.upgrade}, ${value}`;
        break;
      default:
    }
    at = lf + 1;
  }
  const coded = fields.chunked || unknownCoding !== undefined;
  if (coded && fields.minor === 0) throw new ProxyError('bad_transfer_encoding', 'in HTTP/1.0');
  if (unknownCoding !== undefined) throw new ProxyError('unknown_transfer_encoding', unknownCoding);
  if (fields.chunked && fields.contentLength >= 0) throw new ProxyError('ambiguous_length');
  if (fields.minor === 0 && !keepAlive) fields.close = true;
  fields.length = end - start;
}

function refuseControl(text: string, start: number, from: number, end: number, isRequest: boolean): void {
  CLEAN.lastIndex = 0;
  // Only the head: a body that follows it may be long and binary.
  CLEAN.test(text.slice(start, end));
  const clean = start + CLEAN.lastIndex;
  if (clean === end) return;
  const inLine = isRequest && clean < from;
  throw new ProxyError(inLine ? 'bad_request_line' : 'bad_field', 'a control character');
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

/** Applies the rules to a field name that nginx finds invalid. @returns undefined to drop the field */
function oddName(name: string, key: FieldName | undefined, rules: FieldRules | undefined): FieldName | undefined {
  const first = name.charCodeAt(0);
  if (isBlank(first)) throw new ProxyError('bad_field', 'a folded line');
  if (rules === undefined || rules.invalidNames === 'refuse' || /^$|[\0-\x20\x7f]/.test(name)) {
    throw new ProxyError('bad_field', 'a name that is not a token (a space before the colon counts)');
  }
  if (rules.invalidNames === 'ignore' && !(rules.underscores && /^[-\w]+$/.test(name))) return undefined;
  return key ?? { lower: name.toLowerCase(), kind: FieldKind.other, isPlain: false, isSingle: false };
}

function refuseSecond(fields: Fields, key: FieldName, name: string): void {
  const index = fields.keys.indexOf(key);
  const other = index >= 0 ? index : fields.keys.findIndex(({ lower }) => lower === key.lower);
  if (other < 0) return;
  const before = `${fields.names[other] ?? ''}: ${fields.values[other] ?? ''}`;
  throw new ProxyError('duplicate_field', `header line: "${name}", previous value: "${before}"`);
}

function readContentLength(fields: Fields, value: string): void {
  if (!DIGITS.test(value)) throw new ProxyError('bad_content_length', value);
  const length = Number(value);
  if (fields.contentLength >= 0 && fields.contentLength !== length) {
    throw new ProxyError('bad_content_length', `${fields.contentLength} and ${length}`);
  }
  fields.contentLength = length;
}

/** @returns true when `Connection` contains keep-alive */
function readConnection(fields: Fields, value: string): boolean {
  switch (value) {
    case 'keep-alive':
      return true;
    case 'close':
      fields.close = true;
      return false;
    case 'upgrade':
    case 'Upgrade':
      fields.connectionUpgrade = true;
      return false;
    default:
  }
  let keepAlive = false;
  for (const token of value.toLowerCase().split(',')) {
    const word = token.trim();
    if (word === 'close') fields.close = true;
    else if (word === 'keep-alive') keepAlive = true;
    else if (word === 'upgrade') fields.connectionUpgrade = true;
    else if (word !== '') (fields.nominated ??= new Set()).add(word);
  }
  return keepAlive;
}
