/** Times up to this are counted by the microsecond; longer ones are kept in a list. */
const COUNTED = 100_000;

/** Collects times. Adding a time under 0.1 s allocates nothing. */
export class Latencies {
  readonly #counts = new Uint32Array(COUNTED);
  #slow: number[] = [];
  #size = 0;

  /** @param milliseconds the time to add */
  add(milliseconds: number): void {
    const microseconds = Math.max(0, Math.round(milliseconds * 1_000));
    this.#size++;
    if (microseconds < COUNTED) this.#counts[microseconds] = (this.#counts[microseconds] ?? 0) + 1;
    else this.#slow.push(microseconds);
  }

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#slow = [];
    this.#size = 0;
  }

  /** The time in milliseconds that this share (0 to 1) of all times does not exceed; NaN when there are none. */
  percentile(share: number): number {
    let left = Math.max(1, Math.ceil(this.#size * share));
    if (this.#size === 0) return Number.NaN;
    for (let microseconds = 0; microseconds < COUNTED; microseconds++) {
      left -= this.#counts[microseconds] ?? 0;
      if (left <= 0) return microseconds / 1_000;
    }
    return (this.#slow.toSorted((a, b) => a - b)[left - 1] ?? Number.NaN) / 1_000;
  }
}
