import { list, object, OptionError, text } from '../fields.js';
import type { Field } from '../fields.js';
import type { Value } from '../options.js';

/** Answers with the files of a location's `root` (nginx: a location with neither `proxy_pass` nor `return`). */
export interface FilesOptions {
  /** What a folder is answered with: the first that is there; one that begins with `/` always is (nginx: `index`). */
  readonly indexes: readonly Value[];
  /** Media types by what follows the last dot of a name, in lower case (nginx: `types`). */
  readonly types: ReadonlyMap<string, string>;
  /** The type of all others; '' tells none (nginx: `default_type`). */
  readonly defaultType: string;
}

/** A Map whose keys and values are texts. */
export const typesField: Field<ReadonlyMap<string, string>> = (given, path) => {
  if (!(given instanceof Map)) throw new OptionError(path, 'a Map of types by extension', given);
  return new Map(
    [...given.entries()].map(([extension, type]: [unknown, unknown]) => {
      if (typeof extension === 'string' && typeof type === 'string') return [extension, type];
      throw new OptionError(path, 'texts', type);
    }),
  );
};

export function filesField(value: Field<Value>): Field<FilesOptions> {
  return object<FilesOptions>({
    indexes: list(value),
    types: typesField,
    defaultType: text('a media type', /^[ -~]*$/),
  });
}
