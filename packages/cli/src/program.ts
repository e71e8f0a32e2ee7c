import { helpText, type Program } from './help.js';
import { UsageError } from './usage-error.js';
import { packageVersion } from './version.js';

/** Answers `--help` or `--version` on stdout. @param module `import.meta.url` of a file of the program's package */
export function printAbout(program: Program, kind: 'help' | 'version', module: string): void {
  process.stdout.write(kind === 'help' ? helpText(program) : `${packageVersion(module)}\n`);
}

/**
 * Prints a mistake of the user as one line on stderr. Any other error is thrown again.
 *
 * @returns 2, the exit code
 */
export function reportUsageError(program: string, error: unknown): 2 {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${program}: ${error.message}\n`);
  return 2;
}

/** Lets the process run on when the program that reads its output has exited (EPIPE). */
export function surviveClosedOutput(): void {
  const ignore = (): void => undefined;
  process.stdout.on('error', ignore);
  process.stderr.on('error', ignore);
}
