/** A question to another process. All callers that wait get the next answer. */
export class Question<Answer> {
  readonly #ask: () => void;
  readonly #limit: number;
  readonly #waiting = new Set<(answer: Answer | undefined) => void>();

  /**
   * @param ask sends the question
   * @param limit milliseconds to wait for the answer
   */
  constructor(ask: () => void, limit: number) {
    this.#ask = ask;
    this.#limit = limit;
  }

  /** @returns undefined when no answer comes in time */
  ask(): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const settle = (answer: Answer | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(answer);
      };
      const timer = setTimeout(settle, this.#limit, undefined);
      this.#waiting.add(settle);
      this.#ask();
    });
  }

  /** Passes on the answer; undefined when there will be none. */
  answer(answer: Answer | undefined): void {
    for (const settle of this.#waiting) settle(answer);
  }
}
