import { fullPath } from '@pinwheel/nginx-conf';
import { byteString } from './byte-string.js';
import type { CommandLine } from './command-line.js';

export const DEFAULT_CONF = 'conf/nginx.conf';
export const DEFAULT_ERROR_LOG = 'logs/error.log';
/** The name of standard error where a log's path is wanted. */
export const STDERR = 'stderr';

/** Where a process finds its files; byte strings. */
export interface Paths {
  /** What relative paths of the configuration start from; ends with `/`. */
  readonly prefix: string;
  readonly confFile: string;
  /** The error log until the configuration names one, and when it names none; `STDERR` for standard error. */
  readonly errorLog: string;
}

/** The paths of a command line; without `-p` they start from the current directory. */
export function pathsOf(line: CommandLine): Paths {
  const given = line.prefix ?? byteString(process.cwd());
  const prefix = given === '' || given.endsWith('/') ? given : `${given}/`;
  return {
    prefix,
    confFile: fullPath(line.confFile ?? DEFAULT_CONF, prefix),
    errorLog: logPath(line.errorLog ?? DEFAULT_ERROR_LOG, prefix),
  };
}

/** The path of a log named `target`. */
export function logPath(target: string, prefix: string): string {
  return target === STDERR ? STDERR : fullPath(target, prefix);
}
