/** Milliseconds between two drawings. */
const EVERY_MS = 200;
/** Most entries of the last seconds that a screen reader reads one by one. */
const AUDIBLE = 6;

/**
 * A scrolling list of events, newest at the end. The first entry is drawn at once, later ones in batches five times a
 * second, and the oldest are removed, so the list grows neither in a flood nor in a hidden page, which gets no frames.
 */
export class LogList<T> {
  readonly #list: HTMLElement;
  readonly #scroller: HTMLElement;
  readonly #draw: (entry: T) => HTMLElement;
  readonly #capacity: number;
  #waiting: T[] = [];
  #isAsked = false;
  #lately = 0;
  #flushedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param list the `<ol>` that gets the items
   * @param scroller the box around it that scrolls
   * @param draw makes the `<li>` of an entry
   * @param capacity how many items are kept
   */
  constructor(list: HTMLElement, scroller: HTMLElement, draw: (entry: T) => HTMLElement, capacity: number) {
    this.#list = list;
    this.#scroller = scroller;
    this.#draw = draw;
    this.#capacity = capacity;
  }

  add(entry: T): void {
    this.#waiting.push(entry);
    if (this.#waiting.length > this.#capacity) this.#waiting.shift();
    if (this.#isAsked) return;
    this.#isAsked = true;
    const flush = (): void => void requestAnimationFrame(() => this.#flush());
    const wait = this.#flushedAt + EVERY_MS - performance.now();
    if (wait > 0) window.setTimeout(flush, wait);
    else flush();
  }

  clear(): void {
    this.#waiting = [];
    this.#list.replaceChildren();
  }

  #flush(): void {
    this.#isAsked = false;
    // A user who has scrolled up to read keeps the position.
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const follows = scrollHeight - scrollTop - clientHeight < 48;
    this.#hush(this.#waiting.length);
    const kept = Math.max(0, this.#capacity - this.#waiting.length);
    while (this.#list.childElementCount > kept) this.#list.firstElementChild?.remove();
    this.#list.append(...this.#waiting.map(this.#draw));
    this.#waiting = [];
    if (follows) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** Screen readers read entries at a rate that a person can follow; in a flood they are switched off. */
  #hush(entries: number): void {
    const now = performance.now();
    const passed = (now - this.#flushedAt) / 1_000;
    this.#flushedAt = now;
    this.#lately = this.#lately * Math.exp(-passed / 3) + entries;
    const live = this.#lately > AUDIBLE ? 'off' : 'polite';
    if (this.#scroller.ariaLive !== live) this.#scroller.ariaLive = live;
  }
}
