import { flag, integer, list, object, oneOf, optional } from './schema.js';
import { templated } from './value.js';
import type { Value } from './value.js';

/** Answers with the files of a location's `root` (nginx: a location with neither `proxy_pass` nor `return`). */
export interface FilesOptions {
  /** What a folder is answered with: the first that is there; one that begins with `/` always is (nginx: `index`). */
  readonly indexes: readonly Value[];
  /** The media type; '' tells none (nginx: `types`, `default_type`). */
  readonly contentType: Value;
  /** Most parts of one answer; 0 gives none. Default no limit (nginx: `max_ranges`). */
  readonly maxRanges: number;
  /**
   * When a time in `If-Modified-Since` makes a 304: when it is that of the file (default), when the file is not newer, or
   * never (nginx: `if_modified_since`).
   */
  readonly modifiedSince: 'exact' | 'before' | 'off';
  /** Tell entity tags. Default true (nginx: `etag`). */
  readonly etag: boolean;
}

export const filesField = object<FilesOptions>({
  indexes: list(templated),
  contentType: templated,
  maxRanges: optional(integer(0), Number.MAX_SAFE_INTEGER),
  modifiedSince: optional(oneOf('exact', 'before', 'off'), 'exact'),
  etag: optional(flag, true),
});
