/** Planned steps, each as soon as its time has come: late ones at once and in order, early ones never. */
export interface Steps {
  /** When the next step is due (`performance.now()`); Infinity when there is none. */
  readonly dueAt: number;
  /** Takes the next step. */
  take(): void;
}

/** Runs steps at their times until there are none, or until stopped. */
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
    // A whole backlog at once would keep answers from being read, and be measured as the server's slowness.
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
    // Timers are of whole milliseconds and never early.
    else this.#timer = setTimeout(this.#run, Math.max(1, Math.floor(steps.dueAt - performance.now())));
  };
}
