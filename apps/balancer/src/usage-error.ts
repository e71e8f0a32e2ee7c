/** The command line does not fit. The message is one line that names the flag, what was expected and what came. */
export class UsageError extends Error {
  readonly code = 'usage';
  constructor(flag: string, expected: string, got: string) {
    super(`${flag}: expected ${expected}, got ${got === '' ? 'nothing' : JSON.stringify(got)}`);
    this.name = 'UsageError';
  }
}
