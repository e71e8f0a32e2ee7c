import { ConfError } from '../text/error.js';
import type { Place } from '../text/error.js';

/** nginx's types where no `types` block applies. */
const DEFAULTS: readonly (readonly [type: string, extensions: readonly string[]])[] = [
  ['text/html', ['html', 'htm', 'shtml']],
  ['image/gif', ['gif']],
  ['image/jpeg', ['jpg', 'jpeg']],
];

/** File name extensions and their types: the `types` blocks of a level. */
export class MimeTypes {
  readonly #types = new Map<string, string>();
  /** Extensions that were given more than once; the last one counts. */
  readonly duplicates: { readonly message: string; readonly place: Place }[] = [];

  /** Adds one line of the block: `text/html html htm`. */
  add({ name: type, args, file, line }: { readonly name: string; readonly args: readonly string[] } & Place): void {
    if (type === 'include') {
      throw new ConfError('invalid number of arguments in "include" directive', { file, line });
    }
    for (const arg of args) {
      const extension = arg.toLowerCase();
      const before = this.#types.get(extension);
      if (before !== undefined) {
        const message = `duplicate extension "${arg}", content type: "${type}", previous content type: "${before}"`;
        this.duplicates.push({ message, place: { file, line } });
      }
      this.#types.set(extension, type);
    }
  }

  /** The types of a configuration without any `types` block. */
  static defaults(): MimeTypes {
    const types = new MimeTypes();
    for (const [name, args] of DEFAULTS) types.add({ name, args, file: '', line: 0 });
    return types;
  }

  /** Types by extension, in lower case, without the dot. */
  get entries(): ReadonlyMap<string, string> {
    return this.#types;
  }
}
