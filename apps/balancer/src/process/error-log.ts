import type { ErrorLogLevel } from '@pinwheel/nginx-conf';
import type { LogFile } from './log-file.js';
import { STDERR } from './paths.js';
import { tellTerminal } from './terminal.js';

/** How bad a level is: 1 is the worst. */
const RANK: Readonly<Record<ErrorLogLevel, number>> = {
  emerg: 1,
  alert: 2,
  crit: 3,
  error: 4,
  warn: 5,
  notice: 6,
  info: 7,
  debug: 8,
};

/** A log and the mildest level that it takes. */
export interface ErrorLogTarget {
  readonly file: LogFile;
  readonly level: ErrorLogLevel;
}

/** `YYYY/MM/DD HH:MM:SS` of the local time. */
export function logTime(at: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = `${at.getFullYear()}/${two(at.getMonth() + 1)}/${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/**
 * Writes `YYYY/MM/DD HH:MM:SS [level] pid#tid: message` to every target whose level takes it. While the process starts,
 * warnings and worse are told on stderr too, as `pinwheel: [level] message`, unless a target is stderr.
 */
export class ErrorLog {
  readonly targets: readonly ErrorLogTarget[];
  readonly #tellsStderr: boolean;

  constructor(targets: readonly ErrorLogTarget[], tellsStderr: boolean) {
    this.targets = targets;
    this.#tellsStderr = tellsStderr && !targets.some(({ file }) => file.path === STDERR);
  }

  /** @param message a byte string; a line break in it becomes a blank, one message is one line */
  log(level: ErrorLogLevel, message: string): void {
    const text = message.replace(/[\r\n]+/g, ' ');
    // Node runs all JavaScript on the main thread, whose id is that of the process.
    const line = `${logTime(new Date())} [${level}] ${process.pid}#${process.pid}: ${text}\n`;
    for (const { file, level: mildest } of this.targets) {
      if (RANK[level] <= RANK[mildest]) file.write(line);
    }
    if (this.#tellsStderr && RANK[level] <= RANK.warn) {
      tellTerminal(`pinwheel: [${level}] ${text}\n`);
    }
  }

  /** The same targets, stderr no longer told. */
  serving(): ErrorLog {
    return new ErrorLog(this.targets, false);
  }
}
