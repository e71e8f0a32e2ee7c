/** Where a user of heads keeps what it has derived from these very bytes. */
export interface Memo {
  kept: unknown;
}

/** A head as it came, and what it was found to say. */
export interface KnownHead<Head> {
  readonly text: string;
  readonly head: Head;
  /** The whole head, where it has come more than once; see `findWhole`. */
  whole: Buffer | undefined;
  /** So often it is still tried whether it comes again as a whole. */
  trials: number;
}

/** Characters of one read up to which its head is remembered: a text cut out of a read keeps all of it in memory. */
const LONGEST = 4_096;
/** Where fields come again and again under request lines that differ, those are soon compared no more. */
const TRIALS = 4;

/**
 * The two heads read last on one connection that were not the same. A connection carries like requests again and again:
 * the same bytes mean the same, and are compared much faster than read. Two, because polling sends GET and POST in turn.
 */
export class RecentHeads<Head> {
  #last: KnownHead<Head> | undefined = undefined;
  #other: KnownHead<Head> | undefined = undefined;
  #rules: object | undefined = undefined;

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
    return this.#prefer(other);
  }

  /**
   * The head, if it came more than once as a whole, that stands in `bytes[from..end)`, byte for byte. What is found so is
   * not even made a text.
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
   * Remembers a head in the place of the one that was not met last.
   *
   * @param text what was read: the head and what came with it. Nothing is remembered when that is too long
   * @param head not changed any more
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

/** The bytes of a head that is remembered. Those of the pool would keep what is around them in memory. */
export function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text, 'latin1');
  return bytes;
}

/** Comparing a slice is one comparison of memory; `startsWith` looks at character after character. */
function standsAt(known: string, text: string, from: number): boolean {
  return text.slice(from, from + known.length) === known;
}

function bytesStandAt(known: Buffer | undefined, bytes: Buffer, from: number, end: number): boolean {
  if (known === undefined) return false;
  const stop = from + known.length;
  // GET and POST need no more than that.
  if (stop > end || known[0] !== bytes[from]) return false;
  return bytes.compare(known, 0, known.length, from, stop) === 0;
}
