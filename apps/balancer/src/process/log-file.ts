import { closeSync, fchownSync, fstatSync, openSync, writeSync } from 'node:fs';
import { bytes } from './byte-string.js';
import { type Buffering, LineBuffer } from './line-buffer.js';
import { STDERR } from './paths.js';

/**
 * A log that lines are appended to, one write each unless they are gathered, so that several processes may share the
 * file.
 */
export class LogFile {
  readonly path: string;
  /** Lines that could not be written: a full disk must not end the proxy. */
  lost = 0;
  #descriptor: number | undefined;
  #buffer: LineBuffer | undefined;

  /** @param path a byte string; `STDERR` for standard error */
  constructor(path: string) {
    this.path = path;
  }

  /** Of the open file; none for standard error. */
  get descriptor(): number | undefined {
    return this.#descriptor;
  }

  /** Opens the file, or makes it. Throws the system's error. */
  open(): void {
    if (this.path !== STDERR) this.#descriptor ??= openSync(bytes(this.path), 'a', 0o644);
  }

  /** Gathers lines from now on, or no more. */
  gather(buffering: Buffering | undefined): void {
    if (buffering !== undefined && this.#buffer?.isAs(buffering) === true) return;
    this.flush();
    this.#buffer = buffering === undefined ? undefined : new LineBuffer(buffering, (lines) => this.#append(lines));
  }

  /** Writes what is gathered. */
  flush(): void {
    this.#buffer?.flush();
  }

  /**
   * Turns to the file that has the path now, which a rotation may have made another. The old one stays when that cannot
   * be opened. Throws the system's error.
   */
  reopen(): void {
    this.flush();
    if (this.#descriptor === undefined) return;
    const old = this.#descriptor;
    this.#descriptor = openSync(bytes(this.path), 'a', 0o644);
    closeSync(old);
  }

  /** @param line a byte string that ends with a line feed */
  write(line: string): void {
    if (this.#buffer === undefined) this.#append(line);
    else this.#buffer.add(line);
  }

  #append(line: string): void {
    if (this.path === STDERR) {
      process.stderr.write(bytes(line));
      return;
    }
    try {
      // Closed by a reload, yet a request of the old configuration still logs.
      this.open();
      if (this.#descriptor !== undefined) writeSync(this.#descriptor, bytes(line));
    } catch {
      this.lost++;
    }
  }

  /** Gives an open file to a user, who can then reopen it; no terminal or pipe. Throws the system's error. */
  giveTo(uid: number, gid: number): void {
    if (this.#descriptor !== undefined && fstatSync(this.#descriptor).isFile()) fchownSync(this.#descriptor, uid, gid);
  }

  close(): void {
    this.flush();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
