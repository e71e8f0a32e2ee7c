import type { ErrorLogLevel } from '@pinwheel/nginx-conf';
import type { LogFile } from './log-file.js';
import { STDERR } from '../files/paths.js';

/** Severity of the levels: 1 is the worst. */
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

/** A log and the mildest level that it accepts. */
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
 * Writes `YYYY/MM/DD HH:MM:SS [level] pid#tid: message` to every target that accepts the level. While the process starts,
 * warnings and worse also go to the terminal, as `pinwheel: [level] message`, unless a target is standard error.
 */
export class ErrorLog {
  readonly targets: readonly ErrorLogTarget[];
  readonly #terminal: ((text: string) => void) | undefined;

  /** @param terminal writes to the terminal, while the process starts */
  constructor(targets: readonly ErrorLogTarget[], terminal?: (text: string) => void) {
    this.targets = targets;
    this.#terminal = targets.some(({ file }) => file.path === STDERR) ? undefined : terminal;
  }

  /** @param message a byte string; line breaks become blanks, so that a message is one line */
  log(level: ErrorLogLevel, message: string): void {
    const text = message.replace(/[\r\n]+/g, ' ');
    // Node runs all JavaScript on the main thread, whose id is that of the process.
    const line = `${logTime(new Date())} [${level}] ${process.pid}#${process.pid}: ${text}\n`;
    for (const { file, level: mildest } of this.targets) {
      if (RANK[level] <= RANK[mildest]) file.write(line);
    }
    if (RANK[level] <= RANK.warn) this.#terminal?.(`pinwheel: [${level}] ${text}\n`);
  }

  /** A log with the same targets and without the terminal. */
  serving(): ErrorLog {
    return new ErrorLog(this.targets);
  }
}
