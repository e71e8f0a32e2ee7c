/** A set of bytes, written as a JavaScript character class. Regular expressions here match byte strings. */
export class ByteSet {
  readonly #has = new Uint8Array(256);

  /** @param ranges pairs of first and last byte */
  static of(...ranges: readonly (readonly [number, number])[]): ByteSet {
    const set = new ByteSet();
    for (const [first, last] of ranges) set.add(first, last);
    return set;
  }

  add(first: number, last = first): this {
    this.#has.fill(1, first, last + 1);
    return this;
  }

  addAll(other: ByteSet): this {
    other.#has.forEach((has, byte) => {
      if (has === 1) this.#has[byte] = 1;
    });
    return this;
  }

  /** The bytes that are not in this set. */
  negated(): ByteSet {
    const set = new ByteSet();
    this.#has.forEach((has, byte) => {
      set.#has[byte] = 1 - has;
    });
    return set;
  }

  /** Adds the other case of every ASCII letter; PCRE in the C locale folds no other bytes. */
  foldCase(): this {
    for (let upper = 0x41; upper <= 0x5a; upper++) {
      if (this.#has[upper] === 1 || this.#has[upper + 0x20] === 1) this.add(upper).add(upper + 0x20);
    }
    return this;
  }

  toString(): string {
    let source = '';
    for (let first = 0; first < 256; first++) {
      if (this.#has[first] === 0) continue;
      let last = first;
      while (last < 255 && this.#has[last + 1] === 1) last++;
      source += printByte(first) + (last > first ? `-${printByte(last)}` : '');
      first = last;
    }
    return `[${source}]`;
  }
}

/** One byte as it may stand anywhere in a JavaScript regular expression. */
export function printByte(byte: number): string {
  const ch = String.fromCharCode(byte);
  return /[A-Za-z0-9_]/.test(ch) ? ch : `\\x${byte.toString(16).padStart(2, '0')}`;
}

const DIGIT = ByteSet.of([0x30, 0x39]);
const SPACE = ByteSet.of([0x09, 0x0d], [0x20, 0x20]);
const WORD = ByteSet.of([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
const HORIZONTAL = ByteSet.of([0x09, 0x09], [0x20, 0x20], [0xa0, 0xa0]);
const VERTICAL = ByteSet.of([0x0a, 0x0d], [0x85, 0x85]);

/** The sets of `\d`, `\S` and the like. */
export const ESCAPED_SETS: Readonly<Record<string, ByteSet>> = {
  d: DIGIT,
  D: DIGIT.negated(),
  s: SPACE,
  S: SPACE.negated(),
  w: WORD,
  W: WORD.negated(),
  h: HORIZONTAL,
  H: HORIZONTAL.negated(),
  v: VERTICAL,
  V: VERTICAL.negated(),
};

/** The sets of `[:alpha:]` and the like in the C locale. */
export const POSIX_SETS: Readonly<Record<string, ByteSet>> = {
  alpha: ByteSet.of([0x41, 0x5a], [0x61, 0x7a]),
  lower: ByteSet.of([0x61, 0x7a]),
  upper: ByteSet.of([0x41, 0x5a]),
  alnum: ByteSet.of([0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a]),
  ascii: ByteSet.of([0, 0x7f]),
  blank: ByteSet.of([0x09, 0x09], [0x20, 0x20]),
  cntrl: ByteSet.of([0, 0x1f], [0x7f, 0x7f]),
  digit: DIGIT,
  graph: ByteSet.of([0x21, 0x7e]),
  print: ByteSet.of([0x20, 0x7e]),
  punct: ByteSet.of([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]),
  space: SPACE,
  word: WORD,
  xdigit: ByteSet.of([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]),
};
