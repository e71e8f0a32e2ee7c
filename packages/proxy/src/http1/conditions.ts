import { parseHttpTime } from './http-time.js';

/** What tells two versions of a file apart. */
export interface Validators {
  /** With its quotes; undefined where the answer has none. */
  readonly etag: string | undefined;
  /** Seconds since the epoch; undefined where the answer has none. */
  readonly modified: number | undefined;
  /** See `FilesOptions.modifiedSince`. Default `exact`. */
  readonly modifiedSince?: 'exact' | 'before' | 'off';
}

/** A field of the request; name in lower case. Undefined when it has none. */
export type GetField = (name: string) => string | undefined;

/** What the conditions of a request come to. `failed` is a 412, `not_modified` a 304. */
export type Outcome = 'holds' | 'failed' | 'not_modified';

/**
 * The conditions of a request for something that would be answered with 200 (RFC 9110 13.1, in nginx's order). Where
 * there is both a time and a tag both have to fit for a 304.
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

/** Whether there is something newer than what the client knows, of that time. */
function isNewer(since: string, { modified, modifiedSince }: Validators): boolean {
  const time = parseHttpTime(since);
  if (modified === undefined || time === undefined || modifiedSince === 'off') return true;
  return modifiedSince === 'before' ? time < modified : time !== modified;
}

/** Whether a `Range` is to be looked at (RFC 9110 13.1.5): there is no `If-Range`, or it names this very version. */
export function rangeApplies(ifRange: string | undefined, { etag, modified }: Validators): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.length >= 2 && ifRange.endsWith('"')) return ifRange === etag;
  return modified !== undefined && parseHttpTime(ifRange) === modified;
}

/** Whether a list of entity tags, or `*`, names this one. `weak`: a `W/` before a tag makes no difference. */
function namesTag(list: string, etag: string | undefined, weak: boolean): boolean {
  if (list === '*') return true;
  if (etag === undefined) return false;
  const wanted = weak ? strong(etag) : etag;
  // A comma inside a tag would end it here as in nginx; a tag of ours has none.
  return list.split(',').some((one) => {
    const tag = one.trim();
    return (weak ? strong(tag) : tag) === wanted;
  });
}

function strong(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
