import type { Value } from '../options.js';

/** Answers with files of a folder (nginx: a location with neither `proxy_pass` nor `return`). Texts are byte strings. */
export interface FilesOptions {
  /** The folder, an absolute path; what follows in it is the request's path (nginx: `root`). */
  readonly root: Value;
  /** What a folder is answered with: the first that is there; one that begins with `/` always is (nginx: `index`). */
  readonly indexes: readonly Value[];
  /** Media types by what follows the last dot of a name, in lower case (nginx: `types`). */
  readonly types: ReadonlyMap<string, string>;
  /** The type of all others; '' tells none (nginx: `default_type`). */
  readonly defaultType: string;
}
