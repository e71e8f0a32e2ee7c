import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRanges } from './byte-ranges.js';

test.each([
  ['bytes=0-0', [[0, 1]]],
  ['bytes=2-', [[2, 10]]],
  ['bytes=2-99', [[2, 10]]],
  ['bytes=-3', [[7, 10]]],
  ['bytes=-99', [[0, 10]]],
  ['BYTES=1-2', [[1, 3]]],
  [
    'bytes= 1 - 2 , -1 ',
    [
      [1, 3],
      [9, 10],
    ],
  ],
  [
    'bytes=5-6,1-2',
    [
      [5, 7],
      [1, 3],
    ],
  ],
  [
    'bytes=1-5,3-6',
    [
      [1, 6],
      [3, 7],
    ],
  ],
  ['bytes=20-30,4-4', [[4, 5]]],
  ['bytes=5-2,4-4', [[4, 5]]],
])('%s of 10 bytes asks for the expected ranges', (field, expected) => {
  expect(parseRanges(field, 10)).toEqual(expected.map(([start, end]) => ({ start, end })));
});

test.each([
  ['bytes=', 10],
  ['bytes', 10],
  ['items=0-1', 10],
  ['bytes=0-9,0-0', 10],
  ['bytes=0-', 0],
  ['bytes=-5', 0],
])('%s of %i bytes asks for the whole file', (field, size) => {
  expect(parseRanges(field, size)).toBe('whole');
});

test.each([
  ['bytes=10-', 10],
  ['bytes=10-20', 10],
  ['bytes=-0', 10],
  ['bytes=5-2', 10],
  ['bytes=x-2', 10],
  ['bytes=1-2x', 10],
  ['bytes=1-2,', 10],
  ['bytes=1', 10],
  ['bytes=- 1', 10],
  ['bytes=1-2;3-4', 10],
  ['bytes=1-9223372036854775808', 10],
  ['bytes=1-', 0],
])('%s of %i bytes cannot be satisfied', (field, size) => {
  expect(parseRanges(field, size)).toBe('unsatisfiable');
});

test('a field with 8,000 blanks is read in linear time', () => {
  const from = performance.now();
  expect(parseRanges(`bytes=1-${' '.repeat(8_000)}x`, 10)).toBe('unsatisfiable');
  expect(performance.now() - from).toBeLessThan(100);
});

/** Byte by byte: which positions of the whole the parts of the field name. */
function model(parts: readonly Part[], size: number): ReturnType<typeof parseRanges> {
  const named = parts
    .map(({ first, last }) =>
      Array.from({ length: size }, (_, at) => at).filter((at) =>
        first === undefined ? at >= size - (last ?? 0) : at >= first && at <= (last ?? size),
      ),
    )
    .filter((positions) => positions.length > 0);
  if (named.length === 0) return 'unsatisfiable';
  if (named.flat().length > size) return 'whole';
  return named.map((positions) => ({ start: positions.at(0) ?? 0, end: (positions.at(-1) ?? 0) + 1 }));
}

interface Part {
  readonly first: number | undefined;
  readonly last: number | undefined;
}

const offset = fc.nat({ max: 30 });
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ first: offset, last: fc.option(offset, { nil: undefined }) }),
  fc.record({ first: fc.constant(undefined), last: offset }),
);

test('ranges are the bytes that their text names', () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 25 }), (parts, size) => {
      const field = `bytes=${parts.map(({ first, last }) => `${first ?? ''}-${last ?? ''}`).join(',')}`;
      expect(parseRanges(field, size)).toEqual(model(parts, size));
    }),
  );
});
