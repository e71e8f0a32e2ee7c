/** Bytes from `start` up to, and without, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const UNIT = /^bytes=/i;
/** One range with the blanks that nginx takes, and only these. */
const RANGE = /^ *(?:(?<first>\d+) *- *(?:(?<last>\d+) *)?|-(?<suffix>\d+) *)$/;

/**
 * The parts of something that a `Range` field asks for (RFC 9110 14.2), as nginx reads them: parts that are not there are left
 * out, the others stay in their order and may overlap.
 *
 * @param size of the whole, in bytes
 * @param most parts that are given; for more it is the whole (nginx: `max_ranges`)
 * @returns `whole` when the field is to be ignored: it is in another unit, or asks for more bytes in all than there are;
 *   `unsatisfiable` (416) when it is malformed or none of its parts is there
 */
export function parseRanges(
  field: string,
  size: number,
  most = Number.MAX_SAFE_INTEGER,
): readonly ByteRange[] | 'whole' | 'unsatisfiable' {
  if (most === 0 || field.length < 7 || !UNIT.test(field)) return 'whole';
  const ranges: ByteRange[] = [];
  let total = 0;
  for (const text of field.slice('bytes='.length).split(',')) {
    const range = readRange(text, size);
    if (range === undefined) return 'unsatisfiable';
    if (range.start < range.end) {
      if (ranges.length === most) return 'whole';
      ranges.push(range);
      total += range.end - range.start;
    } else if (range.start === 0) {
      // Bytes from 0 of something empty.
      return 'whole';
    }
  }
  if (ranges.length === 0) return 'unsatisfiable';
  return total > size ? 'whole' : ranges;
}

/** Undefined for what is no range. */
function readRange(text: string, size: number): ByteRange | undefined {
  const parts = RANGE.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const { first = '', last, suffix } = parts;
  if (suffix !== undefined) {
    const count = readOffset(suffix);
    return count === undefined ? undefined : { start: count < size ? size - count : 0, end: size };
  }
  const start = readOffset(first);
  const inclusive = last === undefined ? size - 1 : readOffset(last);
  if (start === undefined || inclusive === undefined) return undefined;
  return { start, end: Math.min(inclusive + 1, size) };
}

const LARGEST = 2n ** 63n - 1n;

/** Undefined for a number that is none for a file's offset (64 bits). */
function readOffset(digits: string): number | undefined {
  return digits.length > 18 && BigInt(digits) > LARGEST ? undefined : Number(digits);
}
