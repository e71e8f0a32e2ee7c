import type { Histogram } from 'hdr-histogram-js';
// These are deep imports, because the package's main file also loads its log writer and, for dates, all languages.
import { decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js/dist/encoding.js';
import { build } from 'hdr-histogram-js/dist/HistogramBuilder.js';
import { Tally } from './tally.js';

/** Two minutes, in microseconds. A histogram grows for longer times. */
const USUAL_MAX = 120_000_000;

/** Times, in milliseconds, kept as counts of microseconds: 3 significant digits unless said otherwise. */
export class Times {
  readonly #histogram: Histogram;
  /** Times that are not in the histogram yet. */
  readonly #tally: Tally;

  constructor(digits: 2 | 3 = 3, encoded?: string) {
    this.#histogram =
      encoded === undefined
        ? build({
            lowestDiscernibleValue: 1,
            highestTrackableValue: digits === 3 ? USUAL_MAX : 2,
            numberOfSignificantValueDigits: digits,
            bitBucketSize: 32,
            autoResize: true,
          })
        : decodeFromCompressedBase64(encoded, 32, false, USUAL_MAX);
    this.#histogram.autoResize = true;
    this.#tally = new Tally(digits === 3 ? 10 : 7);
  }

  record(ms: number): void {
    // A clock with finer steps than ours can give an end slightly before the beginning.
    const value = ms > 0 ? Math.round(ms * 1_000) : 0;
    if (value <= 0x7fffffff) this.#tally.count(value);
    else this.#histogram.recordValue(value);
  }

  get count(): number {
    return this.#whole.totalCount;
  }

  /** The value that `percent` of all times do not exceed; undefined without times. */
  percentile(percent: number): number | undefined {
    return this.count === 0 ? undefined : this.#whole.getValueAtPercentile(percent) / 1_000;
  }

  /** Rounded to the histogram's digits: an encoded histogram does not have more. */
  get max(): number | undefined {
    return this.percentile(100);
  }

  get mean(): number | undefined {
    return this.count === 0 ? undefined : this.#whole.mean / 1_000;
  }

  /**
   * Empties the histogram into cells, which {@link addCells} of a histogram with the same digits accepts. Times above half an
   * hour are left out. It is for every second: encoding costs a hundred times as much.
   */
  takeCells(): Uint32Array {
    return this.#tally.take();
  }

  addCells(cells: Uint32Array): void {
    this.#tally.add(cells);
  }

  add(more: Times): void {
    if (more.count > 0) this.#histogram.add(more.#whole);
  }

  reset(): void {
    this.#whole.reset();
  }

  /** The histogram as compressed base64, which other HdrHistogram libraries read. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#whole, 1);
  }

  get #whole(): Histogram {
    const histogram = this.#histogram;
    this.#tally.drain((value, count) => histogram.recordValueWithCount(value, count));
    return histogram;
  }

  /** Merges encoded histograms. */
  static merged(encoded: readonly string[]): Times {
    const all = new Times();
    for (const one of encoded) all.add(new Times(3, one));
    return all;
  }
}

/** The usual figures of times, in milliseconds; all are absent when nothing was measured. */
export interface Figures {
  readonly count: number;
  readonly mean?: number;
  readonly p50?: number;
  readonly p90?: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly p999?: number;
  readonly max?: number;
}

export function figures(times: Times): Figures {
  const { count, mean, max } = times;
  if (mean === undefined || max === undefined) return { count };
  const at = (percent: number): number => times.percentile(percent) ?? 0;
  return { count, mean, p50: at(50), p90: at(90), p95: at(95), p99: at(99), p999: at(99.9), max };
}
