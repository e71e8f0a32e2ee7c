/** Something that another process is asked for and tells when it can; everyone who waits gets the next answer. */
export class Question<Answer> {
  readonly #ask: () => void;
  readonly #limit: number;
  readonly #waiting = new Set<(answer: Answer | undefined) => void>();

  /**
   * @param ask sends the question
   * @param limit milliseconds that the other has
   */
  constructor(ask: () => void, limit: number) {
    this.#ask = ask;
    this.#limit = limit;
  }

  /** @returns undefined when no answer comes in time */
  ask(): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const tell = (answer: Answer | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(tell);
        resolve(answer);
      };
      const timer = setTimeout(tell, this.#limit, undefined);
      this.#waiting.add(tell);
      this.#ask();
    });
  }

  /** The answer has come; undefined when none will. */
  answer(answer: Answer | undefined): void {
    for (const tell of this.#waiting) tell(answer);
  }
}
