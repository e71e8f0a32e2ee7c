/** The bytes from `start` up to but excluding `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const UNIT = /^bytes=/i;
/** One range, with blanks only where nginx accepts them. */
const RANGE = /^ *(?:(?<first>\d+) *- *(?:(?<last>\d+) *)?|-(?<suffix>\d+) *)$/;

/**
 * Reads a `Range` field (RFC 9110 14.2) as nginx does: ranges beyond the file are dropped, the others keep their order and
 * may overlap.
 *
 * @param size bytes of the file
 * @param most ranges that are served; for more the answer is the whole file (nginx: `max_ranges`). Default: no limit
 * @returns `whole` when the field is ignored, because it has another unit or asks for more bytes in total than the file has;
 *   `unsatisfiable` (416) when it is malformed or all its ranges lie beyond the file
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
      // A range from 0 in an empty file.
      return 'whole';
    }
  }
  if (ranges.length === 0) return 'unsatisfiable';
  return total > size ? 'whole' : ranges;
}

/** @returns undefined for a malformed range */
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

/** @returns undefined for a number that exceeds a 64-bit file offset */
function readOffset(digits: string): number | undefined {
  return digits.length > 18 && BigInt(digits) > LARGEST ? undefined : Number(digits);
}
