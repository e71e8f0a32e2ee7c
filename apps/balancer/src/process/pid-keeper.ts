import { ConfError } from '@pinwheel/nginx-conf';
import type { ErrorLog } from './error-log.js';
import { PidFile } from './pid-file.js';
import { fileFailureMessage, systemReason } from './system-failure.js';

/** The pid file of the process that serves, over reloads that may give it another path. */
export class PidKeeper {
  #file: PidFile;

  constructor(path: string) {
    this.#file = new PidFile(path);
  }

  /** @throws ConfError in nginx's words when it cannot be written */
  write(): void {
    write(this.#file);
  }

  /**
   * Has the file at `path` when `work` has succeeded, where it was before when not.
   *
   * @throws ConfError when it cannot be written, before `work`; else what `work` throws
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

  /** At the end. A file that has become that of another process stays. */
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
