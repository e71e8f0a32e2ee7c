/**
 * Counts whole numbers in the cells of an HdrHistogram whose lowest value is 1: up to twice 2^`bits` each number has a cell of
 * its own, above that every doubling has 2^`bits` cells. Counting takes a few integer operations, where `hdr-histogram-js`
 * uses logarithms and powers; each delivery is counted several times.
 */
export class Tally {
  readonly #bits: number;
  #cells = new Uint32Array(256);
  #used = 0;

  /** @param bits 10 for 3 significant digits, 7 for 2 */
  constructor(bits: number) {
    this.#bits = bits;
  }

  /** Counts `value`: a whole number from 0 to 2^31 - 1. */
  count(value: number): void {
    const bits = this.#bits;
    const doubling = Math.max(0, 31 - bits - Math.clz32(value));
    const cell = (doubling << bits) + (value >>> doubling);
    if (cell >= this.#used) this.#use(cell + 1);
    this.#cells[cell] = (this.#cells[cell] ?? 0) + 1;
  }

  /** Calls `each` with the lowest value and the count of every cell that is not empty, and empties all cells. */
  drain(each: (value: number, count: number) => void): void {
    const bits = this.#bits;
    const cells = this.#cells;
    for (let cell = 0; cell < this.#used; cell++) {
      const count = cells[cell] ?? 0;
      if (count === 0) continue;
      cells[cell] = 0;
      const doubling = Math.max(0, (cell >>> bits) - 1);
      each((cell - (doubling << bits)) * 2 ** doubling, count);
    }
    this.#used = 0;
  }

  /** Returns the cells up to the last one that is not empty, and empties all cells. */
  take(): Uint32Array {
    const taken = this.#cells.slice(0, this.#used);
    this.#cells.fill(0, 0, this.#used);
    this.#used = 0;
    return taken;
  }

  /** Adds the counts of another tally with the same bits. */
  add(cells: Uint32Array): void {
    if (cells.length > this.#used) this.#use(cells.length);
    for (const [cell, count] of cells.entries()) this.#cells[cell] = (this.#cells[cell] ?? 0) + count;
  }

  #use(cells: number): void {
    this.#used = cells;
    if (cells <= this.#cells.length) return;
    const larger = new Uint32Array(2 ** Math.ceil(Math.log2(cells)));
    larger.set(this.#cells);
    this.#cells = larger;
  }
}
