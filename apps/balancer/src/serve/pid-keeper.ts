import { ConfError } from '@pinwheel/nginx-conf';
import { type ErrorLog, fileFailureMessage, systemReason } from '@pinwheel/nginx-disk';
import { PidFile } from './pid-file.js';

/** The pid file of the process that serves. A reload may move it to another path. */
export class PidKeeper {
  #file: PidFile;

  constructor(path: string) {
    this.#file = new PidFile(path);
  }

  /** @throws ConfError in nginx's words when the file cannot be written */
  write(): void {
    write(this.#file);
  }

  /**
   * Moves the file to `path` if `work` succeeds; leaves it where it is if `work` fails.
   *
   * @throws ConfError when the file cannot be written, before `work`; else the error of `work`
   */
  async moving(path: string, log: ErrorLog, work: () => Promise<void>): Promise<void> {
    if (path === this.#file.path) return work();
    const moved = new PidFile(path);
    write(moved);
    try {
      await work();
    } catch (error) {
      moved.remove();
      throw error;
    }
    this.remove(log);
    this.#file = moved;
  }

  /** Removes the file at the end of the process. A file that another process has replaced stays. */
  remove(log: ErrorLog): void {
    try {
      this.#file.remove();
    } catch (error) {
      log.log('alert', `unlink() "${this.#file.path}" failed (${systemReason(error)})`);
    }
  }
}

function write(file: PidFile): void {
  try {
    file.write();
  } catch (error) {
    throw new ConfError(fileFailureMessage(file.path, error));
  }
}
