/** Milliseconds between two drawings. */
const EVERY_MS = 200;
/** Entries of the last few seconds that are still read aloud one by one. */
const AUDIBLE = 6;

/**
 * A scrolling list of what happened, newest at the end. Entries are drawn together, the first at once and then five times a
 * second, however fast they come, and the oldest leave: neither a flood nor a hidden page, which gets no frames, makes it grow.
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
    // Someone who scrolled up to read is left where they are.
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const follows = scrollHeight - scrollTop - clientHeight < 48;
    this.#hush(this.#waiting.length);
    const kept = Math.max(0, this.#capacity - this.#waiting.length);
    while (this.#list.childElementCount > kept) this.#list.firstElementChild?.remove();
    this.#list.append(...this.#waiting.map(this.#draw));
    this.#waiting = [];
    if (follows) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** A screen reader is told of what a person could follow: not of a flood. */
  #hush(entries: number): void {
    const now = performance.now();
    const passed = (now - this.#flushedAt) / 1_000;
    this.#flushedAt = now;
    this.#lately = this.#lately * Math.exp(-passed / 3) + entries;
    const live = this.#lately > AUDIBLE ? 'off' : 'polite';
    if (this.#scroller.ariaLive !== live) this.#scroller.ariaLive = live;
  }
}
