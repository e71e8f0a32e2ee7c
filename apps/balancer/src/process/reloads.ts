import { ConfError } from '@pinwheel/nginx-conf';
import type { ErrorLog } from './error-log.js';
import { withoutProgram } from './settings.js';

/** Reloads one after the other; several that are asked for while one is under way are one more. */
export class Reloads {
  readonly #takeOver: () => Promise<void>;
  readonly #log: () => ErrorLog;
  readonly #isEnding: () => boolean;
  #isRunning = false;
  #isWanted = false;

  /**
   * @param takeOver takes the configuration as it is now; nothing has changed when it rejects
   * @param log where the process logs at that moment
   * @param isEnding whether the process ends: nothing is reloaded any more
   */
  constructor(takeOver: () => Promise<void>, log: () => ErrorLog, isEnding: () => boolean) {
    this.#takeOver = takeOver;
    this.#log = log;
    this.#isEnding = isEnding;
  }

  /** Resolves when this reload is over, at once when another one is under way. Never rejects. */
  async ask(): Promise<void> {
    this.#isWanted = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#isWanted && !this.#isEnding()) {
      this.#isWanted = false;
      this.#log().log('notice', 'reconfiguring');
      try {
        await this.#takeOver();
        this.#log().log('notice', 'reconfigured');
      } catch (error) {
        this.#log().log('emerg', withoutProgram(error instanceof ConfError ? error : String(error)));
      }
    }
    this.#isRunning = false;
  }
}
