import { ConfError } from '@pinwheel/nginx-conf';
import { type ErrorLog, withoutProgram } from '@pinwheel/nginx-disk';

/** Runs reloads one after another. All requests during a reload become one further reload. */
export class Reloads {
  readonly #takeOver: () => Promise<void>;
  readonly #log: () => ErrorLog;
  readonly #isEnding: () => boolean;
  #isRunning = false;
  #isWanted = false;

  /**
   * @param takeOver applies the configuration files as they are now; changes nothing when it rejects
   * @param log the log of the process at that moment
   * @param isEnding true once the process ends: then there are no more reloads
   */
  constructor(takeOver: () => Promise<void>, log: () => ErrorLog, isEnding: () => boolean) {
    this.#takeOver = takeOver;
    this.#log = log;
    this.#isEnding = isEnding;
  }

  /** Resolves when the reload is over, or at once while another one runs. Never rejects. */
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
