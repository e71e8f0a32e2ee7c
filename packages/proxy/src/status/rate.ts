/** What a counter did over the last minute, per second. */
export interface RateStatus {
  /** In the last full second. */
  readonly last: number;
  /** In the busiest second. */
  readonly max: number;
  readonly mean: number;
  /** Each second, the oldest first; at most 60, fewer after the start. */
  readonly samples: readonly number[];
}

/** Seconds that are remembered, and those of them that a status tells. */
const SECONDS = 300;
const TOLD = 60;

/** A counter that is read once a second. */
export class Rate {
  /** Totals, one more than there are seconds between them. */
  readonly #totals = new Float64Array(SECONDS + 1);
  /** How many there are, and where the next one goes. */
  #count = 0;
  #next = 0;

  add(total: number): void {
    this.#totals[this.#next] = total;
    this.#next = (this.#next + 1) % this.#totals.length;
    this.#count = Math.min(this.#count + 1, this.#totals.length);
  }

  /** @param seconds at most, the last ones */
  samples(seconds = SECONDS): number[] {
    const samples: number[] = [];
    const { length } = this.#totals;
    for (let back = Math.min(this.#count, seconds + 1); back > 1; back--) {
      const before = this.#totals[(this.#next - back + length) % length] ?? 0;
      const after = this.#totals[(this.#next - back + 1 + length) % length] ?? 0;
      // A total is less than it was when something that counted in it is gone.
      samples.push(Math.max(0, after - before));
    }
    return samples;
  }

  status(): RateStatus {
    const samples = this.samples(TOLD);
    const sum = samples.reduce((all, one) => all + one, 0);
    return {
      last: samples.at(-1) ?? 0,
      max: Math.max(0, ...samples),
      mean: samples.length === 0 ? 0 : sum / samples.length,
      samples,
    };
  }
}
