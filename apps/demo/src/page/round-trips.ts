/** A figure over a window of round trips, in milliseconds. Undefined until there is an answer. */
export interface RoundTripFigures {
  last: number | undefined;
  p50: number | undefined;
  p99: number | undefined;
  /** Echoes in the window without an answer. */
  lost: number;
}

/** The last round trips, oldest first; a lost one is null. When the window is full, the oldest is dropped. */
export class RoundTrips {
  readonly capacity: number;
  #samples: (number | null)[] = [];

  /** @param capacity how many round trips the window holds, a whole number from 1 */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`expected a capacity that is a whole number from 1, got ${capacity}`);
    }
    this.capacity = capacity;
  }

  /** Adds a round trip in milliseconds, or null for a lost one. */
  add(sample: number | null): void {
    this.#samples.push(sample);
    if (this.#samples.length > this.capacity) this.#samples.shift();
  }

  get samples(): readonly (number | null)[] {
    return this.#samples;
  }

  figures(): RoundTripFigures {
    const answered = this.#samples.filter((sample) => sample !== null);
    const sorted = answered.toSorted((a, b) => a - b);
    return {
      last: answered.at(-1),
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      lost: this.#samples.length - answered.length,
    };
  }
}

/** The nearest-rank quantile `q` (0 to 1) of ascending numbers: always a measured one. Undefined without numbers. */
export function quantile(sorted: readonly number[], q: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}
