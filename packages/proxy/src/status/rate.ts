/** The rate of a counter per second, over the last minute. */
export interface RateStatus {
  /** In the last full second. */
  readonly last: number;
  /** In the busiest second. */
  readonly max: number;
  readonly mean: number;
  /** Each second, the oldest first; at most 60, fewer after the start. */
  readonly samples: readonly number[];
}

/** Seconds that are remembered, and seconds that a status shows. */
const SECONDS = 300;
const STATUS_SECONDS = 60;

/** The rate of a counter that is read once a second. */
export class Rate {
  /** Ring of totals: one more than the seconds between them. */
  readonly #totals = new Float64Array(SECONDS + 1);
  /** Totals in the ring, and the index of the next. */
  #count = 0;
  #next = 0;

  /** Adds the counter's total; called once a second. */
  add(total: number): void {
    this.#totals[this.#next] = total;
    this.#next = (this.#next + 1) % this.#totals.length;
    this.#count = Math.min(this.#count + 1, this.#totals.length);
  }

  /** The increase in each second, the oldest first. @param seconds how many of the last seconds at most. Default 300 */
  samples(seconds = SECONDS): number[] {
    const samples: number[] = [];
    const { length } = this.#totals;
    for (let back = Math.min(this.#count, seconds + 1); back > 1; back--) {
      const before = this.#totals[(this.#next - back + length) % length] ?? 0;
      const after = this.#totals[(this.#next - back + 1 + length) % length] ?? 0;
      // A total falls when something that it counted has been removed, such as a peer.
      samples.push(Math.max(0, after - before));
    }
    return samples;
  }

  status(): RateStatus {
    const samples = this.samples(STATUS_SECONDS);
    const sum = samples.reduce((all, one) => all + one, 0);
    return {
      last: samples.at(-1) ?? 0,
      max: Math.max(0, ...samples),
      mean: samples.length === 0 ? 0 : sum / samples.length,
      samples,
    };
  }
}
