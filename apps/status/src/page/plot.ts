import { make, setText } from '@pinwheel/page/browser/element.js';
import uPlot from 'uplot';
import { formatDuration } from './format.js';
import { SECONDS } from './series.js';

/** One line of a plot. */
export interface Line {
  readonly name: string;
  readonly series: { readonly values: readonly (number | null)[] };
  /** An element whose `color` is the line's. */
  readonly coloured: HTMLElement;
}

export interface PlotOptions {
  readonly title: string;
  /** A value with its unit. */
  readonly format: (value: number) => string;
  /** Least value of the top edge. */
  readonly floor: number;
}

const HEIGHT = 56;
/** Seconds that the width can stand for: the smallest that fits the data, since a new server has little of it. */
const SPANS = [60, 120, SECONDS];
/** Shared by all plots: the second under the pointer is shown in each of them. */
const SYNC = 'seconds';
/** Seconds before now. */
const TIMES = Array.from({ length: SECONDS }, (_, index) => index - SECONDS + 1);

/** The events of each second of the last minutes. Above it is the sum of the last second, or the second under the pointer. */
export class Plot {
  readonly element = make('figure', 'plot');
  readonly #options: PlotOptions;
  readonly #value = make('span', 'plot-value');
  readonly #note = make('span', 'plot-note');
  readonly #top = make('span', 'plot-top');
  readonly #box = make('div', 'plot-box');
  #lines: readonly Line[] = [];
  #plot: uPlot | undefined;
  /** Seconds that the width stands for. */
  #span = SECONDS;

  constructor(options: PlotOptions) {
    this.#options = options;
    const head = make('figcaption', 'plot-head');
    head.append(make('span', 'plot-title', options.title), this.#top, this.#note, this.#value);
    this.#box.ariaHidden = 'true';
    this.element.append(head, this.#box);
    new ResizeObserver(() => this.#plot?.setSize({ width: this.#box.clientWidth, height: HEIGHT })).observe(this.#box);
  }

  /** Replaces the lines. */
  use(lines: readonly Line[]): void {
    this.#lines = lines;
    this.#plot?.destroy();
    const cursor: uPlot.Cursor = {
      y: false,
      drag: { setScale: false, x: false, y: false },
      sync: { key: SYNC },
      points: { size: 5 },
    };
    this.#plot = new uPlot(
      {
        width: Math.max(40, this.#box.clientWidth),
        height: HEIGHT,
        padding: [4, 0, 1, 0],
        legend: { show: false },
        axes: [{ show: false }, { show: false }],
        scales: {
          x: { time: false, range: () => [1 - this.#span, 0] },
          y: { range: (_, __, max) => [0, Math.max(this.#options.floor, max)] },
        },
        cursor,
        hooks: { setCursor: [() => this.#tell()] },
        series: [
          {},
          ...lines.map(({ coloured }): uPlot.Series => {
            const colour = (): string => getComputedStyle(coloured).color;
            return {
              stroke: colour,
              width: 1.25,
              points: { show: false },
              ...(lines.length === 1 && { fill: () => withAlpha(colour()) }),
            };
          }),
        ],
      },
      this.#data(),
      this.#box,
    );
  }

  /** Draws the current contents of the series. */
  show(): void {
    const known = this.#lines.map(({ series }) => series.values.findIndex((value) => value !== null));
    const seconds = SECONDS - Math.min(SECONDS, ...known.filter((index) => index >= 0));
    this.#span = SPANS.find((span) => span >= seconds) ?? SECONDS;
    this.#plot?.setData(this.#data());
    const top = Math.max(0, ...this.#lines.flatMap(({ series }) => series.values.map((value) => value ?? 0)));
    setText(this.#top, top > 0 ? `max ${this.#options.format(top)}` : '');
    this.#tell();
  }

  /** Reads the colours again after the theme has changed. */
  redraw(): void {
    this.#plot?.redraw(false);
  }

  #data(): uPlot.AlignedData {
    return [TIMES, ...this.#lines.map(({ series }) => [...series.values])];
  }

  /** The sum of the last second, or each line's value in the second under the pointer. */
  #tell(): void {
    const index = this.#plot?.cursor.idx;
    const { format } = this.#options;
    const at = index ?? SECONDS - 1;
    const values = this.#lines.map(({ series }) => series.values[at] ?? null);
    const known = values.filter((value) => value !== null);
    setText(this.#value, known.length === 0 ? '–' : format(known.reduce((sum, value) => sum + value, 0)));
    setText(this.#note, index === undefined || index === null ? '' : `${formatDuration(SECONDS - 1 - index)} ago`);
    const each = this.#lines.length > 1 && index !== undefined && index !== null;
    const parts = this.#lines.map(({ name }, line) => `${name} ${format(values[line] ?? 0)}`);
    this.element.title = each ? parts.join('\n') : '';
  }
}

function withAlpha(colour: string): string {
  return colour.replace(/\)$/, ' / 0.12)');
}
