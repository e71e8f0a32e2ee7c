/** A head as it came, and what it was found to say. */
export interface KnownHead<Head> {
  readonly text: string;
  readonly head: Head;
}

/** Characters of one read up to which its head is remembered: a text cut out of a read keeps all of it in memory. */
const LONGEST = 4_096;

/**
 * The two heads read last on one connection that were not the same. A connection carries like requests again and again:
 * the same bytes mean the same, and are compared much faster than read. Two, because polling sends GET and POST in turn.
 */
export class RecentHeads<Head> {
  #last: KnownHead<Head> | undefined;
  #other: KnownHead<Head> | undefined;
  #rules: object | undefined;

  /** What is read from now on is read under these rules: forgets what was read under others. */
  readUnder(rules: object): void {
    if (rules === this.#rules) return;
    this.#rules = rules;
    this.clear();
  }

  /** The head that stands in `text` from `from` on, byte for byte; undefined when it is none of the known ones. */
  find(text: string, from: number): KnownHead<Head> | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    if (standsAt(last.text, text, from)) return last;
    const other = this.#other;
    if (other === undefined || !standsAt(other.text, text, from)) return undefined;
    this.#last = other;
    this.#other = last;
    return other;
  }

  /**
   * Remembers a head in the place of the one that was not met last.
   *
   * @param text what was read: the head and what came with it. Nothing is remembered when that is too long
   * @param head not changed any more
   */
  add(text: string, from: number, end: number, head: Head): void {
    if (text.length > LONGEST) return;
    this.#other = this.#last;
    this.#last = { text: text.slice(from, end), head };
  }

  clear(): void {
    this.#last = undefined;
    this.#other = undefined;
  }
}

/** Comparing a slice is one comparison of memory; `startsWith` looks at character after character. */
function standsAt(known: string, text: string, from: number): boolean {
  return text.slice(from, from + known.length) === known;
}
