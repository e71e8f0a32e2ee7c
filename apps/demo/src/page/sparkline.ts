import { quantile } from './round-trips.js';

/** The shapes of a sparkline, as `d` attributes of SVG paths. */
export interface Sparkline {
  line: string;
  area: string;
  /** A zero-length stroke at the newest sample: with round caps it is a dot that no viewBox can distort. */
  dot: string;
  /** The value at the top edge. */
  top: number;
  /** True when a sample is above the top edge and drawn on it. */
  cut: boolean;
}

/**
 * Draws samples, oldest first: the newest is at the right edge, and each is `width / (capacity - 1)` wide. A null is a gap.
 * The top edge fits nine in ten samples, so that one slow start does not flatten a whole minute.
 *
 * @param options.width in viewBox units
 * @param options.height in viewBox units; 0 is at the bottom edge
 * @param options.capacity samples that fill the width, from 2
 * @param options.floor the least value of the top edge, so that noise of a tenth does not fill the plot
 */
export function sparkline(
  samples: readonly (number | null)[],
  options: { width: number; height: number; capacity: number; floor: number },
): Sparkline {
  const { width, height, capacity, floor } = options;
  const sorted = samples.filter((sample) => sample !== null).toSorted((a, b) => a - b);
  const top = niceCeiling(Math.max(floor, 1.5 * (quantile(sorted, 0.9) ?? 0)));
  const cut = (sorted.at(-1) ?? 0) > top;
  const x = (index: number) => round(width - ((samples.length - 1 - index) * width) / (capacity - 1));
  const y = (value: number) => round(height - (Math.min(value, top) / top) * height);

  let line = '';
  let area = '';
  let dot = '';
  let runStart: number | undefined;
  samples.forEach((sample, index) => {
    if (sample === null) {
      runStart = undefined;
      return;
    }
    const point = `${x(index)} ${y(sample)}`;
    line += `${runStart === undefined ? 'M' : 'L'}${point}`;
    area += runStart === undefined ? `M${x(index)} ${height}L${point}` : `L${point}`;
    runStart ??= index;
    const next = samples[index + 1];
    if (next === undefined || next === null) area += `L${x(index)} ${height}Z`;
    if (index === samples.length - 1) dot = `M${point}h0.01`;
  });
  return { line, area, dot, top, cut };
}

/** The smallest of 1, 2, 5, 10, 20, 50, ... that is at least `value`. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((candidate) => candidate * magnitude >= value) ?? 10;
  return step * magnitude;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
