import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { broadcastFrame } from './broadcast-frame.js';

const broadcast = { preEncoded: true };

/** Reads a frame that has to be a whole unmasked message with its length in the shortest form. */
function received(frame: Buffer | undefined): { data: Buffer; isBinary: boolean } {
  if (frame === undefined) throw new Error('expected a frame');
  const short = frame.readUInt8(1);
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  const length = start === 2 ? short : start === 4 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2));
  const data = frame.subarray(start);
  expect(data).toHaveLength(length);
  expect(start).toBe(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  expect(frame.readUInt8(0) & 0xf0).toBe(0x80);
  return { data, isBinary: (frame.readUInt8(0) & 0x0f) === 2 };
}

describe('broadcastFrame', () => {
  it.each([0, 1, 124, 125, 126, 65_534, 65_535, 65_536, 200_000])('encodes %i bytes as one whole message', (size) => {
    const bytes = Buffer.alloc(size, 7);
    const binary = received(broadcastFrame(bytes, { ...broadcast }, true));
    expect([binary.isBinary, binary.data.equals(bytes)]).toEqual([true, true]);
    const text = received(broadcastFrame('x'.repeat(size), { ...broadcast }, true));
    expect([text.isBinary, text.data.equals(Buffer.from(`4${'x'.repeat(size)}`))]).toEqual([false, true]);
  });

  it.each([0, 125, 126, 65_535, 65_536])('encodes %i bytes as ws does', (size) => {
    const bytes = Buffer.alloc(size, 7);
    const options = { fin: true, rsv1: false, mask: false, readOnly: true, opcode: 2 };
    const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };
    expect(broadcastFrame(bytes, { ...broadcast }, true)).toEqual(Buffer.concat(Sender.frame(bytes, options)));
  });

  it('encodes the part of memory that a view shows', () => {
    const view = new Uint16Array(new Uint16Array([1, 2, 3, 4]).buffer, 2, 2);
    const { data } = received(broadcastFrame(view, { ...broadcast }, true));
    expect(data).toEqual(Buffer.from(new Uint16Array([2, 3]).buffer));
  });

  it('returns the same buffer for all recipients', () => {
    const options = { ...broadcast };
    const data = Buffer.from('binary');
    const head = broadcastFrame('51-[{"_placeholder":true,"num":0}]', options, true);
    const frame = broadcastFrame(data, options, true);
    expect(broadcastFrame('51-[{"_placeholder":true,"num":0}]', options, true)).toBe(head);
    expect(broadcastFrame(data, options, true)).toBe(frame);
    expect(frame).not.toBe(head);
  });

  it('joins the parts of a ready frame once, for Engine.IO too', () => {
    const parts = [Buffer.from([0x81, 2]), Buffer.from('4x')];
    const options = { preEncoded: true, wsPreEncodedFrame: parts };
    const frame = broadcastFrame('x', options, false);
    expect(frame).toEqual(Buffer.from([0x81, 2, 0x34, 0x78]));
    expect(parts).toEqual([frame]);
    expect(broadcastFrame('x', options, false)).toBe(frame);
  });

  it.each<[string, unknown, { preEncoded?: boolean } | undefined, boolean]>([
    ['a packet to one client', 'x', {}, true],
    ['no options', 'x', undefined, true],
    ['a client that cannot take binary data', Buffer.from('x'), broadcast, false],
    ['data of another kind', new ArrayBuffer(1), broadcast, true],
  ])('returns undefined for %s', (_what, data, options, binary) => {
    expect(broadcastFrame(data, options, binary)).toBeUndefined();
  });
});
