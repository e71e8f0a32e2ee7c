import { fullPath } from '@pinwheel/nginx-conf';
import { byteString } from './byte-string.js';

export const DEFAULT_CONF = 'conf/nginx.conf';
export const DEFAULT_ERROR_LOG = 'logs/error.log';
/** Stands for standard error in place of a path. */
export const STDERR = 'stderr';

/** The paths that a process starts from; byte strings. */
export interface Paths {
  /** Relative paths of the configuration start from here; it ends with `/`. */
  readonly prefix: string;
  readonly confFile: string;
  /** The error log until the configuration names one, or if it names none; `STDERR` for standard error. */
  readonly errorLog: string;
}

/** The paths that a command line gives, as byte strings. Each is undefined when it was not given. */
export interface GivenPaths {
  /** Default: the current directory. */
  readonly prefix: string | undefined;
  readonly confFile: string | undefined;
  readonly errorLog: string | undefined;
}

/** Completes the paths of a command line. */
export function pathsOf(line: GivenPaths): Paths {
  const given = line.prefix ?? byteString(process.cwd());
  const prefix = given === '' || given.endsWith('/') ? given : `${given}/`;
  return {
    prefix,
    confFile: fullPath(line.confFile ?? DEFAULT_CONF, prefix),
    errorLog: logPath(line.errorLog ?? DEFAULT_ERROR_LOG, prefix),
  };
}

/** The path of a log that a directive names `target`. */
export function logPath(target: string, prefix: string): string {
  return target === STDERR ? STDERR : fullPath(target, prefix);
}
