import { list, object } from '../fields.js';
import { templated } from '../value.js';
import type { Value } from '../value.js';

/** Answers with the files of a location's `root` (nginx: a location with neither `proxy_pass` nor `return`). */
export interface FilesOptions {
  /** What a folder is answered with: the first that is there; one that begins with `/` always is (nginx: `index`). */
  readonly indexes: readonly Value[];
  /** The media type; '' tells none (nginx: `types`, `default_type`). */
  readonly contentType: Value;
}

export const filesField = object<FilesOptions>({ indexes: list(templated), contentType: templated });
