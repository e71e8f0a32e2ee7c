/** Steps that are due at planned times. */
export interface Steps {
  /** The time at which the next step is due (`performance.now()`); Infinity without one. */
  readonly dueAt: number;
  /** Does the next step. */
  take(): void;
}

/** Runs steps at their times: late steps at once and in order, none early. It ends after the last step or when stopped. */
export class Paced {
  readonly #steps: Steps;
  readonly #done: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(steps: Steps, done: () => void) {
    this.#steps = steps;
    this.#done = done;
    this.#run();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  readonly #run = (): void => {
    const steps = this.#steps;
    // A whole backlog at once would delay the reading of answers, and count as slowness of the server.
    const giveWayAt = performance.now() + 5;
    while (steps.dueAt <= performance.now()) {
      steps.take();
      if (performance.now() > giveWayAt) {
        setImmediate(() => {
          this.#timer = setTimeout(this.#run, 0);
        });
        return;
      }
    }
    if (steps.dueAt === Infinity) this.#done();
    // Timers have whole milliseconds and are never early.
    else this.#timer = setTimeout(this.#run, Math.max(1, Math.floor(steps.dueAt - performance.now())));
  };
}
