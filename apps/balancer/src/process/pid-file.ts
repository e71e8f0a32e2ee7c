import { chownSync, readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { bytes } from './byte-string.js';

/** The file that says which process serves a configuration. Throws the system's errors. */
export class PidFile {
  readonly path: string;

  /** @param path a byte string */
  constructor(path: string) {
    this.path = path;
  }

  /** Writes this process's id; whoever sees the file sees the whole number. */
  write(): void {
    const temporary = bytes(`${this.path}.${process.pid}`);
    writeFileSync(temporary, `${process.pid}\n`, { mode: 0o644 });
    try {
      renameSync(temporary, bytes(this.path));
    } catch (error) {
      unlinkSync(temporary);
      throw error;
    }
  }

  /** Gives it to a user, who can then empty it when the directory is not theirs. */
  giveTo(uid: number, gid: number): void {
    chownSync(bytes(this.path), uid, gid);
  }

  /** Takes the file away if it is still this process's; where the directory does not allow that, empties it. */
  remove(): void {
    if (readPid(this.path) !== process.pid) return;
    try {
      unlinkSync(bytes(this.path));
    } catch {
      truncateSync(bytes(this.path));
    }
  }
}

/** The process id in a pid file, undefined when there is none to be read. */
export function readPid(path: string): number | undefined {
  try {
    return pidIn(readPidText(path));
  } catch {
    return undefined;
  }
}

/** What stands in a pid file, without the end of its line. Throws the system's error. */
export function readPidText(path: string): string {
  return readFileSync(bytes(path), 'latin1').replace(/[\r\n]+$/, '');
}

/** The process id that a text is. 0 is none: a signal to it would go to the sender's own group. */
export function pidIn(text: string): number | undefined {
  return /^0*[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
