/** A place where a user of a head caches what it derives from these bytes. */
export interface Memo {
  kept: unknown;
}

/** The text of a head, and the head that was read from it. */
export interface KnownHead<Head> {
  readonly text: string;
  readonly head: Head;
  /** The bytes of the whole head, when it has come more than once; see `findWhole`. */
  whole: Buffer | undefined;
  /** How often the whole head is still compared with the next before that is given up. */
  trials: number;
}

/** Longest read, in characters, of which the head is remembered: a slice of a read keeps the whole read in memory. */
const LONGEST = 4_096;
/** Comparisons of whole heads before they are given up: the fields repeat, but the request lines differ. */
const TRIALS = 4;

/**
 * The last two different heads of one connection. A connection carries similar requests again and again, and comparing
 * bytes with those of a known head is much faster than parsing them. Two, because polling alternates GET and POST.
 */
export class RecentHeads<Head> {
  #last: KnownHead<Head> | undefined = undefined;
  #other: KnownHead<Head> | undefined = undefined;
  #rules: object | undefined = undefined;

  /** Sets the rules that heads are read under, and forgets heads that were read under other rules. */
  readUnder(rules: object): void {
    if (rules === this.#rules) return;
    this.#rules = rules;
    this.clear();
  }

  /** The known head that `text` contains at `from`, byte for byte; undefined when it is not a known one. */
  find(text: string, from: number): KnownHead<Head> | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    if (standsAt(last.text, text, from)) return last;
    const other = this.#other;
    if (other === undefined || !standsAt(other.text, text, from)) return undefined;
    return this.#prefer(other);
  }

  /**
   * The known head that `bytes[from..end)` begins with, if it has come more than once as a whole. Unlike `find` this needs
   * no conversion of the bytes to a string.
   */
  findWhole(bytes: Buffer, from: number, end: number): KnownHead<Head> | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    if (bytesStandAt(last.whole, bytes, from, end)) return last;
    const other = this.#other;
    if (other === undefined || !bytesStandAt(other.whole, bytes, from, end)) return undefined;
    return this.#prefer(other);
  }

  #prefer(other: KnownHead<Head>): KnownHead<Head> {
    this.#other = this.#last;
    this.#last = other;
    return other;
  }

  /**
   * Remembers a head in place of the less recent one.
   *
   * @param text the whole read that contains the head; too long a read is not remembered
   * @param head must not change afterwards
   */
  add(text: string, from: number, end: number, head: Head): void {
    if (text.length > LONGEST) return;
    this.#other = this.#last;
    this.#last = { text: text.slice(from, end), head, whole: undefined, trials: TRIALS };
  }

  clear(): void {
    this.#last = undefined;
    this.#other = undefined;
  }
}

/** The bytes of a head that is remembered; not from Node's buffer pool, whose slab they would keep in memory. */
export function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text, 'latin1');
  return bytes;
}

/** Comparing a slice is one memory comparison; `startsWith` compares character by character. */
function standsAt(known: string, text: string, from: number): boolean {
  return text.slice(from, from + known.length) === known;
}

function bytesStandAt(known: Buffer | undefined, bytes: Buffer, from: number, end: number): boolean {
  if (known === undefined) return false;
  const stop = from + known.length;
  // The first byte alone tells GET from POST.
  if (stop > end || known[0] !== bytes[from]) return false;
  return bytes.compare(known, 0, known.length, from, stop) === 0;
}

/**
 * Returns the same text (latin1) as one flat string. V8 keeps a concatenated string as a tree of its pieces and walks that
 * tree at each write to a socket, so flattening pays for a text that is written more than once.
 */
export function flatText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
