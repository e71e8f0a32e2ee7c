/** A command line that does not fit; the message is one line for the person who typed it. */
export class OptionError extends Error {
  readonly code = 'usage';
  override name = 'OptionError';

  constructor(option: string, expected: string, got: string) {
    super(`${option}: expected ${expected}, got ${got === '' ? 'nothing' : JSON.stringify(got)}`);
  }
}
