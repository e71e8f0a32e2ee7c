/** The options of a line buffer (nginx: `access_log ... buffer= flush=`). */
export interface Buffering {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds after which buffered lines are written at the latest; no limit when absent. */
  readonly flush?: number | undefined;
}

/** Buffers lines and writes them together: when one more does not fit, when the time is over, and on `flush()`. */
export class LineBuffer {
  readonly #buffering: Buffering;
  readonly #write: (lines: string) => void;
  #lines = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(buffering: Buffering, write: (lines: string) => void) {
    this.#buffering = buffering;
    this.#write = write;
  }

  /** @param line a byte string; a line that is longer than the buffer is written at once */
  add(line: string): void {
    const { size, flush } = this.#buffering;
    if (this.#lines.length + line.length > size) this.flush();
    if (line.length > size) {
      this.#write(line);
      return;
    }
    this.#lines += line;
    if (flush !== undefined) this.#timer ??= setTimeout(() => this.flush(), Math.min(flush, 2_147_483_647)).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines === '') return;
    const lines = this.#lines;
    this.#lines = '';
    this.#write(lines);
  }

  isAs({ size, flush }: Buffering): boolean {
    return size === this.#buffering.size && flush === this.#buffering.flush;
  }
}
