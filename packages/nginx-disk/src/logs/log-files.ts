import { LogFile } from './log-file.js';

/** All logs of the process: one `LogFile` per path. */
export class LogFiles implements Iterable<LogFile> {
  readonly #files = new Map<string, LogFile>();

  /** The log at a path, open only if it was opened before. */
  at(path: string): LogFile {
    const file = this.#files.get(path) ?? new LogFile(path);
    this.#files.set(path, file);
    return file;
  }

  /** The log at a path, open. @throws the system's error */
  open(path: string): LogFile {
    const file = this.at(path);
    file.open();
    return file;
  }

  /** Reopens every log. @param failed gets each log that keeps its old file, and why */
  reopen(failed: (path: string, error: unknown) => void): void {
    for (const file of this.#files.values()) {
      try {
        file.reopen();
      } catch (error) {
        failed(file.path, error);
      }
    }
  }

  /** Writes all buffered lines, at the end of the process. */
  flush(): void {
    for (const file of this.#files.values()) file.flush();
  }

  /** Closes all logs but `used`. A late line opens its log again. */
  closeAllBut(used: ReadonlySet<LogFile>): void {
    for (const [path, file] of this.#files) {
      if (used.has(file)) continue;
      file.close();
      this.#files.delete(path);
    }
  }

  [Symbol.iterator](): Iterator<LogFile> {
    return this.#files.values();
  }
}
