/**
 * Paths and texts of a configuration are byte strings: every character stands for one byte, as `ConfFiles` requires. Texts
 * from the command line become byte strings, and byte strings become bytes again for the system.
 */

/** The byte string of a text that Node decoded as UTF-8. */
export function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The bytes of a byte string: a path for `node:fs`, or a line of a log. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
