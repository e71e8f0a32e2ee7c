import { flag, integer, list, object, oneOf, optional } from './schema.js';
import type { Infer } from './schema.js';
import { templated } from './value.js';

/** Answers with the files of a location's `root` (nginx: a location with neither `proxy_pass` nor `return`). */
export const filesField = object({
  /** Files that answer for a folder: the first that exists; one that begins with `/` always counts (nginx: `index`). @example ['index.html'] */
  indexes: list(templated),
  /** The media type; '' sends none (nginx: `types`, `default_type`). @example 'text/html' */
  contentType: templated,
  /** Most ranges of one answer; 0 serves no ranges (nginx: `max_ranges`). */
  maxRanges: optional(integer(0), Number.MAX_SAFE_INTEGER),
  /**
   * Which times in `If-Modified-Since` make a 304: `exact` the file's own, `before` any that is not older than the file, `off`
   * none (nginx: `if_modified_since`).
   */
  modifiedSince: optional(oneOf('exact', 'before', 'off'), 'exact'),
  /** Sends entity tags (nginx: `etag`). */
  etag: optional(flag, true),
});

export type FilesOptions = Infer<typeof filesField>;
