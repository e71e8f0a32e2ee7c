/**
 * A mistake on the command line or in an environment variable. The message is one line for the person who made it: what
 * is wrong, where, and what to do. A program prints it without a stack trace and exits with code 2.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}

/**
 * The error for a value that was judged and refused: `--nodes: expected a whole number from 1 to 64, got "0"`.
 *
 * @param name the flag or variable that gave the value
 * @param expected a noun phrase: what the value has to be
 * @param got the value; an empty one is shown as `nothing`
 */
export function wrongValue(name: string, expected: string, got: string): UsageError {
  return new UsageError(`${name}: expected ${expected}, got ${got === '' ? 'nothing' : JSON.stringify(got)}`);
}
