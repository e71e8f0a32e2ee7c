import { closeSync, fchownSync, fstatSync, openSync, writeSync } from 'node:fs';
import { bytes } from '../files/byte-string.js';
import { type Buffering, LineBuffer } from './line-buffer.js';
import { STDERR } from '../files/paths.js';

/**
 * A log to which lines are appended. Each line is one write unless lines are buffered, so that several processes can share
 * the file.
 */
export class LogFile {
  readonly path: string;
  /** Number of lines that could not be written: a full disk must not end the proxy. */
  lost = 0;
  #descriptor: number | undefined;
  #buffer: LineBuffer | undefined;

  /** @param path a byte string; `STDERR` for standard error */
  constructor(path: string) {
    this.path = path;
  }

  /** File descriptor of the open file; none for standard error. */
  get descriptor(): number | undefined {
    return this.#descriptor;
  }

  /** Opens the file and creates it if it does not exist. @throws the system's error */
  open(): void {
    if (this.path !== STDERR) this.#descriptor ??= openSync(bytes(this.path), 'a', 0o644);
  }

  /** Buffers lines from now on; undefined stops that. */
  gather(buffering: Buffering | undefined): void {
    if (buffering !== undefined && this.#buffer?.isAs(buffering) === true) return;
    this.flush();
    this.#buffer = buffering === undefined ? undefined : new LineBuffer(buffering, (lines) => this.#append(lines));
  }

  /** Writes the buffered lines. */
  flush(): void {
    this.#buffer?.flush();
  }

  /**
   * Opens the path again, where a rotation may have put another file. The old file stays open if that fails.
   *
   * @throws the system's error
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
      // A reload closed the file, but a request of the old configuration still logs.
      this.open();
      if (this.#descriptor !== undefined) writeSync(this.#descriptor, bytes(line));
    } catch {
      this.lost++;
    }
  }

  /** Makes a user the owner of the open file, so that the user can reopen it. A terminal or pipe keeps its owner. @throws the system's error */
  giveTo(uid: number, gid: number): void {
    if (this.#descriptor !== undefined && fstatSync(this.#descriptor).isFile()) fchownSync(this.#descriptor, uid, gid);
  }

  close(): void {
    this.flush();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
