import { make } from '@pinwheel/page/browser/element.js';
import { type Line, Plot, type PlotOptions } from './plot.js';

/** With more lines a plot is unreadable, so it shows one line for the sum. */
export const LINES = 8;

/** Plots side by side. */
export class Strip {
  readonly element = make('div', 'strip');
  readonly #plots: readonly Plot[];
  #names = '';

  constructor(options: readonly PlotOptions[]) {
    this.#plots = options.map((one) => new Plot(one));
    this.element.append(...this.#plots.map(({ element }) => element));
  }

  /** @param lines of each plot; they are replaced only when their names have changed */
  show(names: readonly string[], lines: () => readonly (readonly Line[])[]): void {
    const key = JSON.stringify(names);
    if (key !== this.#names) {
      this.#names = key;
      lines().forEach((one, index) => this.#plots[index]?.use(one));
    }
    for (const plot of this.#plots) plot.show();
  }

  redraw(): void {
    for (const plot of this.#plots) plot.redraw();
  }
}
