import { parseHttpTime } from './date.js';

/** The validators of a file's version (RFC 9110 8.8). */
export interface Validators {
  /** With its quotes; undefined when the response has no `ETag`. */
  readonly etag: string | undefined;
  /** Seconds since the epoch; undefined when the response has no `Last-Modified`. */
  readonly modified: number | undefined;
  /** See `FilesOptions.modifiedSince`. Default `exact`. */
  readonly modifiedSince?: 'exact' | 'before' | 'off';
}

/** Reads a field of the request by its lower-case name; undefined when the request does not have it. */
export type GetField = (name: string) => string | undefined;

/** Result of a request's conditions: `holds` is answered as usual, `failed` with 412, `not_modified` with 304. */
export type Outcome = 'holds' | 'failed' | 'not_modified';

/**
 * Evaluates the conditions of a request that would otherwise be answered with 200 (RFC 9110 13.1, in nginx's order). If
 * the request has both a time and a tag, both have to match for a 304.
 */
export function judgeConditions(field: GetField, validators: Validators): Outcome {
  const { etag, modified } = validators;
  const unmodified = field('if-unmodified-since');
  if (unmodified !== undefined) {
    const time = parseHttpTime(unmodified);
    if (modified === undefined || time === undefined || time < modified) return 'failed';
  }
  const match = field('if-match');
  if (match !== undefined && !namesTag(match, etag, false)) return 'failed';
  const since = field('if-modified-since');
  const noneMatch = field('if-none-match');
  if (since === undefined && noneMatch === undefined) return 'holds';
  if (since !== undefined && isNewer(since, validators)) return 'holds';
  if (noneMatch !== undefined && !namesTag(noneMatch, etag, true)) return 'holds';
  return 'not_modified';
}

/** True when the file is newer than the version of that time, which the client has. */
function isNewer(since: string, { modified, modifiedSince }: Validators): boolean {
  const time = parseHttpTime(since);
  if (modified === undefined || time === undefined || modifiedSince === 'off') return true;
  return modifiedSince === 'before' ? time < modified : time !== modified;
}

/** True when `Range` applies (RFC 9110 13.1.5): the request has no `If-Range`, or it names the present version. */
export function rangeApplies(ifRange: string | undefined, { etag, modified }: Validators): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.length >= 2 && ifRange.endsWith('"')) return ifRange === etag;
  return modified !== undefined && parseHttpTime(ifRange) === modified;
}

/** True when a list of entity tags, or `*`, contains the tag. @param weak ignores `W/` before a tag */
function namesTag(list: string, etag: string | undefined, weak: boolean): boolean {
  if (list === '*') return true;
  if (etag === undefined) return false;
  const wanted = weak ? strong(etag) : etag;
  // As in nginx, a comma inside a tag splits it; our own tags contain none.
  return list.split(',').some((one) => {
    const tag = one.trim();
    return (weak ? strong(tag) : tag) === wanted;
  });
}

function strong(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
