import { showValue } from './format.js';

/** A line of a chart. A point without y is a gap. */
export interface Line {
  readonly name: string;
  /** One of the page's colours, `a` to `d`. */
  readonly colour: 'a' | 'b' | 'c' | 'd';
  readonly points: readonly (readonly [x: number, y: number | undefined])[];
}

export interface ChartOptions {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  /** The lines of the grid on the x axis, with their labels. */
  readonly ticks: readonly (readonly [x: number, text: string])[];
  /** A vertical line with a name. */
  readonly mark?: readonly [x: number, text: string];
  readonly logarithmic?: boolean;
}

const WIDTH = 760;
const HEIGHT = 240;
const LEFT = 64;
const RIGHT = 26;
const TOP = 12;
const BOTTOM = 26;

/** A line chart as SVG, for the page's style. */
export function lineChart(options: ChartOptions): string {
  const { lines, mark, ticks, title, unit } = options;
  const all = lines.flatMap((line) => line.points);
  const known = all.flatMap(([, y]) => (y === undefined ? [] : [y]));
  if (known.length === 0) return `<p class="none">${escape(title)}: nothing was measured.</p>`;
  const xs = all.map(([x]) => x);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const scale = options.logarithmic === true ? logarithmic(known) : linear(known);
  const px = (x: number): number => LEFT + ((x - left) / Math.max(1e-9, right - left)) * (WIDTH - LEFT - RIGHT);
  const py = (y: number): number => HEIGHT - BOTTOM - scale.part(y) * (HEIGHT - TOP - BOTTOM);
  const grid = scale.ticks.map(
    (y) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(py(y))}" y2="${at(py(y))}"/><text class="tick" x="${LEFT - 6}" y="${at(py(y) + 4)}" text-anchor="end">${showValue(y)}${unit}</text>`,
  );
  const below = ticks
    .filter(([x]) => x >= left && x <= right)
    .map(
      ([x, text]) =>
        `<text class="tick" x="${at(px(x))}" y="${HEIGHT - 8}" text-anchor="middle">${escape(text)}</text>`,
    );
  const drawn = lines.map(
    (line) =>
      `<path class="line ${line.colour}" d="${pathOf(line.points.map(([x, y]) => [px(x), y === undefined ? undefined : py(y)]))}"/>`,
  );
  const marked =
    mark === undefined
      ? ''
      : `<line class="mark" x1="${at(px(mark[0]))}" x2="${at(px(mark[0]))}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text class="marked" x="${at(px(mark[0]) + (px(mark[0]) > WIDTH - 120 ? -6 : 6))}" y="${TOP + 12}" text-anchor="${px(mark[0]) > WIDTH - 120 ? 'end' : 'start'}">${escape(mark[1])}</text>`;
  const legend = lines.map((line) => `<span class="key ${line.colour}">${escape(line.name)}</span>`).join('');
  return `<figure><figcaption>${escape(title)} ${legend}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">${[...grid, ...below, ...drawn, marked].join('')}</svg></figure>`;
}

/** Bars with their names and values. */
export function barChart(title: string, bars: readonly { name: string; value: number; text: string }[]): string {
  const most = Math.max(1e-9, ...bars.map((bar) => bar.value));
  const rows = bars.map(
    (bar) =>
      `<tr><th>${escape(bar.name)}</th><td class="bar"><span style="width:${at((100 * bar.value) / most)}%"></span></td><td class="number">${escape(bar.text)}</td></tr>`,
  );
  return `<figure><figcaption>${escape(title)}</figcaption><table class="bars">${rows.join('')}</table></figure>`;
}

/** Escapes a text for HTML. */
export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function at(number: number): string {
  return number.toFixed(1);
}

function pathOf(points: readonly (readonly [number, number | undefined])[]): string {
  let pen = 'M';
  const parts: string[] = [];
  for (const [x, y] of points) {
    if (y === undefined) {
      pen = 'M';
      continue;
    }
    parts.push(`${pen}${at(x)} ${at(y)}`);
    pen = 'L';
  }
  // A single point between two gaps would be invisible.
  return parts.join('').replace(/M([\d.]+) ([\d.]+)(?=M|$)/g, 'M$1 $2h0.1');
}

interface Scale {
  readonly ticks: readonly number[];
  /** 0 at the bottom to 1 at the top. */
  part(value: number): number;
}

function linear(values: readonly number[]): Scale {
  const most = Math.max(...values, 1e-6);
  const rough = most / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((factor) => factor * unit >= rough) ?? 10);
  const top = Math.ceil(most / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  return { ticks, part: (value) => value / top };
}

function logarithmic(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive, 1)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive, 1e-6))));
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return { ticks, part: (value) => (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low) };
}
