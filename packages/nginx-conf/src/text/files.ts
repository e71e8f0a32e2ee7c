/** Why a file could not be read, in the system's words: `{ call: 'open', errno: 2, reason: 'No such file or directory' }`. */
export interface FileFailure {
  /** The system call that failed: `open` for a file that is not there, `pread` for a directory. */
  readonly call: string;
  readonly errno: number;
  readonly reason: string;
}

/**
 * The files of a configuration; the caller reads them.
 *
 * Paths and texts are byte strings: every character stands for one byte (encoding `latin1`), because that is what nginx
 * works with. Lengths, escapes, regular expressions and what goes into headers and logs then agree with nginx byte for
 * byte, whatever encoding the file has. A path for `node:fs` is `Buffer.from(path, 'latin1')`.
 */
export interface ConfFiles {
  /** The text of the file at this absolute path. A failure is returned, never thrown. */
  read(path: string): { readonly text: string } | { readonly failure: FileFailure };
  /** Paths that match a glob(3) pattern, sorted; none when nothing matches or a directory cannot be read. */
  glob(pattern: string): readonly string[];
}

/** nginx's message for a file that could not be read. */
export function failureMessage(path: string, failure: FileFailure): string {
  return `${failure.call}() "${path}" failed (${failure.errno}: ${failure.reason})`;
}
