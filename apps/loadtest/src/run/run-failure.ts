/** A run that cannot begin or continue; the message is one line for the user. */
export class RunFailure extends Error {
  readonly code = 'run_failed';
  override name = 'RunFailure';
}
