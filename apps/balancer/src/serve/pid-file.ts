import { chownSync, readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { bytes } from '@pinwheel/nginx-disk';

/** The file with the id of the process that serves a configuration. Its methods throw the system's errors. */
export class PidFile {
  readonly path: string;

  /** @param path a byte string */
  constructor(path: string) {
    this.path = path;
  }

  /** Writes the id of this process. The file appears at once with the whole number. */
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

  /** Makes a user the owner, who can then empty the file in a directory of another user. */
  giveTo(uid: number, gid: number): void {
    chownSync(bytes(this.path), uid, gid);
  }

  /** Removes the file if it still has the id of this process; empties it where the directory does not allow that. */
  remove(): void {
    if (readPid(this.path) !== process.pid) return;
    try {
      unlinkSync(bytes(this.path));
    } catch {
      truncateSync(bytes(this.path));
    }
  }
}

/** The process id in a pid file; undefined when it cannot be read. */
export function readPid(path: string): number | undefined {
  try {
    return pidIn(readPidText(path));
  } catch {
    return undefined;
  }
}

/** The text of a pid file, without the end of its line. @throws the system's error */
export function readPidText(path: string): string {
  return readFileSync(bytes(path), 'latin1').replace(/[\r\n]+$/, '');
}

/** The process id in a text. 0 is not accepted, because a signal to it would reach the sender's own group. */
export function pidIn(text: string): number | undefined {
  return /^0*[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
