import { ProxyError } from '../errors.js';
import { FieldKind, fieldName } from './field-name.js';
import type { FieldName } from './field-name.js';

/** The limits a head is read under; see `LimitOptions`. */
export interface HeadLimits {
  readonly line: number;
  /** Of one header line; `line` when absent. */
  readonly fieldLine?: number | undefined;
  readonly head: number;
  readonly fields: number;
}

/** How the fields of a request are read where nginx and RFC 9110 part. */
export interface FieldRules {
  /** A name with other bytes than letters, digits and hyphens: `refuse` those that are no tokens, take the others. */
  readonly invalidNames: 'refuse' | 'ignore' | 'pass';
  /** `_` is as good as a letter. */
  readonly underscores: boolean;
}

const NONE: readonly never[] = [];

/**
 * The header fields of a request or response and what they say of framing and connection. Texts are latin1: one
 * character is one byte.
 */
export class Fields {
  /** The fields in their order, those of index `i` are one. Heads of the same bytes share them. */
  names: readonly string[] = NONE;
  keys: readonly FieldName[] = NONE;
  values: readonly string[] = NONE;
  /** Minor version: 0 or 1. */
  minor = 1;
  /** -1 when there is none. */
  contentLength = -1;
  chunked = false;
  /** `Connection` says close, or HTTP/1.0 does not say keep-alive. */
  close = false;
  /** `Connection` says upgrade. */
  connectionUpgrade = false;
  /** Field names, lower case, that `Connection` nominates besides the usual ones; they end at this hop. */
  nominated: Set<string> | undefined = undefined;
  /** Value of `Upgrade`. */
  upgrade: string | undefined = undefined;
  /** Characters of the text that the head took, blank line included. */
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

/** As far as there is no control character but HTAB and line ends, and no CR that ends no line. */
const CLEAN = /(?:[\t\n\x20-\x7e\x80-\xff]|\r\n)*/y;
const DIGITS = /^[0-9]{1,15}$/;

const LF = 10;
const CR = 13;
const SP = 32;
const HTAB = 9;

/** Where the blank line that ends a head ends, or -1 while it has not come. Line ends are CRLF or a bare LF. */
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

/** Where a line that begins at `from` ends without its line end; `lf` is the index of its LF. */
export function lineEnd(text: string, from: number, lf: number): number {
  return lf > from && text.charCodeAt(lf - 1) === CR ? lf - 1 : lf;
}

/**
 * Reads the field lines of a head (RFC 9112 5) from `from` to its blank line, which ends at `end`.
 *
 * @param rules for a request; a response has the strict ones
 * @throws ProxyError with the code of what is wrong; the caller of a response turns it into `bad_response`
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
  // Also what is wrong in one of them is told of what came before.
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
  // Only the head: what follows it may be long, and anything.
  CLEAN.test(text.slice(start, end));
  const clean = start + CLEAN.lastIndex;
  if (clean === end) return;
  const inLine = isRequest && clean < from;
  throw new ProxyError(inLine ? 'bad_request_line' : 'bad_field', 'a control character');
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

/** What becomes of a field with a name that nginx finds invalid; undefined: nothing. */
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

/** @returns whether `Connection` says keep-alive */
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
