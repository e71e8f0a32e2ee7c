import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProxyError } from '../errors.js';
import type { BodyFraming } from './body.js';
import { BodyReader } from './body.js';

interface Outcome {
  readonly body: string;
  readonly done: boolean;
  /** Bytes behind the body that were left alone. */
  readonly left: number;
}

/** Feeds the bytes in pieces that begin at `cuts`, every piece in a buffer that is used again for the next. */
function feed(reader: BodyReader, bytes: Buffer, cuts: readonly number[] = []): Outcome {
  const scratch = { bytes: Buffer.alloc(bytes.length + 7, 0xee), shared: true, lent: false };
  let body = '';
  const sink = {
    bodyBytes: (buffer: { readonly bytes: Buffer }, start: number, end: number): void => {
      body += buffer.bytes.toString('latin1', start, end);
    },
  };
  const ends = [...new Set([...cuts, bytes.length])]
    .filter((cut) => cut > 0 && cut <= bytes.length)
    .toSorted((a, b) => a - b);
  let start = 0;
  let left = 0;
  for (const end of ends) {
    scratch.bytes.fill(0xee);
    // Not at the beginning of the buffer, as behind a head.
    const offset = start % 7;
    bytes.copy(scratch.bytes, offset, start, end);
    const stop = reader.read(scratch, offset, offset + end - start, sink);
    left += offset + end - start - stop;
    start = end;
  }
  return { body, done: reader.done, left };
}

function chunked(text: string, cuts?: readonly number[]): Outcome {
  const reader = new BodyReader();
  reader.begin('chunked', -1);
  return feed(reader, Buffer.from(text, 'latin1'), cuts);
}

const everyByte = (text: string): number[] => Array.from({ length: text.length }, (_, index) => index);

describe('a refused chunked body', () => {
  test.each([
    ['without a size', '\r\nab\r\n'],
    ['with a size that is no number', 'x\r\nab\r\n'],
    ['with a size that ends in no digit', '2x\r\nab\r\n'],
    ['with a negative size', '-2\r\nab\r\n'],
    ['with a signed size', '+2\r\nab\r\n'],
    ['with a size in C notation', '0x2\r\nab\r\n'],
    ['with a blank before the size', ' 2\r\nab\r\n'],
    ['with a blank within the size', '1 2\r\nab\r\n'],
    ['with a second size behind a tab', '2\t2\r\nab\r\n'],
    ['with a size of 14 digits', '00000000000002\r\nab\r\n'],
    ['with a size past every integer', 'ffffffffffffffffffffffff\r\nab'],
    ['with an extension before the size', ';a=b\r\nab\r\n'],
    ['with a bare CR behind the size', '2\rab\r\n'],
    ['with two CRs behind the size', '2\r\r\nab\r\n'],
    ['with a bare CR in an extension', '2;a\rb\r\nab\r\n'],
    ['with NUL in an extension', '2;a\x00\r\nab\r\n'],
    ['with DEL in an extension', '2;a\x7f\r\nab\r\n'],
    ['with an extension without end', `2;${'a'.repeat(5_000)}`],
    ['with blanks without end', `2${' '.repeat(5_000)}`],
    ['with more data than its size', '2\r\nabc\r\n'],
    ['with no line end behind its data', '2\r\nab0\r\n\r\n'],
    ['with a bare CR behind its data', '2\r\nab\r2\r\n'],
    ['with a bare CR in a trailer', '0\r\nA: b\rc\r\n\r\n'],
    ['with a bare CR before the end', '0\r\n\rX'],
    ['with NUL in a trailer', '0\r\nA: \x00\r\n\r\n'],
    ['with trailers without end', `0\r\n${'A: b\r\n'.repeat(6_000)}`],
    ['with a trailer line without end', `0\r\nA: ${'b'.repeat(33_000)}`],
  ])('a chunked body is refused %s', (_name, text) => {
    for (const cuts of [[], everyByte(text)]) {
      expect(() => chunked(text, cuts)).toThrow(expect.objectContaining({ code: 'bad_chunk', status: 400 }));
    }
  });
});

describe('an accepted chunked body', () => {
  test.each([
    ['empty', '0\r\n\r\n', ''],
    ['in one chunk', '2\r\nab\r\n0\r\n\r\n', 'ab'],
    ['with bare LF line ends', '2\nab\n0\n\n', 'ab'],
    [
      'with upper and lower case digits',
      `1A\r\n${'a'.repeat(26)}\r\n1b\r\n${'b'.repeat(27)}\r\n0\r\n\r\n`,
      'a'.repeat(26) + 'b'.repeat(27),
    ],
    ['with leading zeros', '0000000000002\r\nab\r\n000\r\n\r\n', 'ab'],
    ['with extensions', '2;a=b;c="d e"\r\nab\r\n0;x\r\n\r\n', 'ab'],
    ['with blanks before the extension', '2 \t;a\r\nab\r\n0 \r\n\r\n', 'ab'],
    ['with trailers', '2\r\nab\r\n0\r\nA: b\r\nC: d\n\r\n', 'ab'],
    ['with line ends in its data', '4\r\n\r\n\r\n\r\n0\r\n\r\n', '\r\n\r\n'],
  ])('a chunked body is accepted: %s', (_name, text, body) => {
    for (const cuts of [[], everyByte(text)]) {
      expect(chunked(`${text}GET /`, cuts)).toEqual({ body, done: true, left: 5 });
    }
  });
});

test('a chunked body is incomplete before its last byte', () => {
  const text = '2;a\r\nab\r\n0\r\nA: b\r\n\r\n';
  for (let length = 0; length < text.length; length++) expect(chunked(text.slice(0, length)).done).toBe(false);
});

const pieces = fc.record({
  bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
  upper: fc.boolean(),
  zeros: fc.integer({ min: 0, max: 3 }),
  extension: fc.constantFrom('', '', ';a', ';a=b', ' ; a="b;c"', '\t'),
  line: fc.constantFrom('\r\n', '\n'),
  behind: fc.constantFrom('\r\n', '\n'),
});
const trailers = fc.array(fc.constantFrom('A: b\r\n', 'Content-Length: 3\n', ': odd\r\n', 'x\n'), { maxLength: 3 });

test('any chunks, extensions, trailers and line ends, in any pieces, decode to the same bytes', () => {
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 8 }),
      trailers,
      fc.array(fc.nat(2_000), { maxLength: 20 }),
      fc.boolean(),
      (chunks, lines, cuts, bytewise) => {
        let text = '';
        let expected = '';
        for (const { bytes, upper, zeros, extension, line, behind } of chunks) {
          const data = Buffer.from(bytes).toString('latin1');
          const size = bytes.length.toString(16);
          text += `${'0'.repeat(zeros)}${upper ? size.toUpperCase() : size}${extension}${line}${data}${behind}`;
          expected += data;
        }
        text += `0\r\n${lines.join('')}\r\n`;
        const behind = 'GET / HTTP/1.1\r\n\r\n';
        const all = text + behind;
        const at = bytewise ? everyByte(all) : cuts.map((cut) => cut % all.length);
        expect(chunked(all, at)).toEqual({ body: expected, done: true, left: behind.length });
      },
    ),
    { numRuns: 2_000 },
  );
});

/** What comes of the bytes, or why they are refused. */
function outcome(text: string, cuts: readonly number[]): unknown {
  try {
    return chunked(text, cuts);
  } catch (error) {
    return error instanceof ProxyError ? error.message : error;
  }
}

test('invalid chunks are refused at the same byte however they are cut', () => {
  const unit = fc.constantFrom('0', '2', 'a', '\r\n', '\n', '\r', ';', ' ', 'x', 'ab\r\n');
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 14 }), fc.array(fc.nat(30), { maxLength: 5 }), (units, cuts) => {
      const text = units.join('');
      expect(outcome(text, cuts)).toEqual(outcome(text, []));
      expect(outcome(text, everyByte(text))).toEqual(outcome(text, []));
    }),
    { numRuns: 3_000 },
  );
});

describe('BodyReader', () => {
  test.each<[BodyFraming, number, Outcome]>([
    ['length', 5, { body: 'abcde', done: true, left: 3 }],
    ['length', 8, { body: 'abcdefgh', done: true, left: 0 }],
    ['length', 9, { body: 'abcdefgh', done: false, left: 0 }],
    ['length', 0, { body: '', done: true, left: 8 }],
    ['none', -1, { body: '', done: true, left: 8 }],
    ['until_close', -1, { body: 'abcdefgh', done: false, left: 0 }],
  ])('a body with framing %s %i takes its own bytes, however they are cut', (framing, length, expected) => {
    const reader = new BodyReader();
    const bytes = Buffer.from('abcdefgh');
    for (const cuts of [[], [3], [1, 2, 3, 4, 5, 6, 7]]) {
      reader.begin(framing, length);
      expect(feed(reader, bytes, cuts)).toEqual(expected);
      expect(reader.received).toBe(expected.body.length);
    }
  });
});
