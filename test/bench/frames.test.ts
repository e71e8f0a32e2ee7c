import { expect, test } from 'vitest';
import { BINARY, encodeFrame, FrameReader, TEXT } from './load/frames.js';

/** A server frame: not masked. */
function serverFrame(opcode: number, payload: Buffer): Buffer {
  const masked = encodeFrame(opcode, payload);
  const sized = masked.length - payload.length - 4;
  const head = Buffer.from(masked.subarray(0, sized));
  head[1] = (head[1] ?? 0) & 127;
  return Buffer.concat([head, payload]);
}

const PAYLOADS = [0, 1, 125, 126, 65_535, 65_536, 100_000].map((length) => Buffer.alloc(length, `${length} `));

test.each([1, 2, 3, 7, 1_000, 65_536, 1_000_000])('frames are found in pieces of %i bytes', (piece) => {
  const stream = Buffer.concat(PAYLOADS.map((payload, index) => serverFrame(index % 2 === 0 ? TEXT : BINARY, payload)));
  const got: string[] = [];
  let counted = 0;
  const keeping = new FrameReader((opcode, chunk, start, end) => {
    got.push(`${opcode} ${chunk.toString('latin1', start, end)}`);
  }, true);
  const counting = new FrameReader(() => counted++, false);
  for (let at = 0; at < stream.length; at += piece) {
    const end = Math.min(stream.length, at + piece);
    keeping.read(stream, at, end);
    counting.read(stream, at, end);
  }
  expect(got).toEqual(
    PAYLOADS.map((payload, index) => `${index % 2 === 0 ? TEXT : BINARY} ${payload.toString('latin1')}`),
  );
  expect(counted).toBe(PAYLOADS.length);
});

test('a client frame is masked', () => {
  const payload = Buffer.from('a text of the client');
  const frame = encodeFrame(TEXT, payload);
  expect(frame.subarray(0, 2)).toEqual(Buffer.from([0x81, 0x80 | payload.length]));
  const key = frame.subarray(2, 6);
  const unmasked = frame.subarray(6).map((byte, index) => byte ^ (key[index & 3] ?? 0));
  expect(Buffer.from(unmasked).toString()).toBe('a text of the client');
});
