import { putRandom } from './random.js';

/** The buffer in which small frames are composed. */
const scratch = Buffer.allocUnsafeSlow(16_384);
const HEAD_MAX = 14;
const MASK = 4;

/**
 * A masked frame (RFC 6455, section 5.3) for `socket.write(frame, 'latin1')`. A short frame is a text of bytes: Node hands it
 * to the kernel without a copy.
 */
export function frameOf(opcode: number, payload: string | Uint8Array): string | Buffer {
  const length = Buffer.byteLength(payload);
  const small = length + HEAD_MAX <= scratch.length;
  const frame = small ? scratch : Buffer.allocUnsafe(length + HEAD_MAX);
  const start = writeHead(frame, opcode, length);
  if (typeof payload === 'string') frame.write(payload, start, 'utf8');
  else frame.set(payload, start);
  const end = start + length;
  for (let at = start; at < end; at++) {
    frame[at] = (frame[at] ?? 0) ^ (frame[start - MASK + ((at - start) & 3)] ?? 0);
  }
  return small ? frame.toString('latin1', 0, end) : frame.subarray(0, end);
}

/** Writes head and mask of a frame. @returns where its payload begins */
function writeHead(frame: Buffer, opcode: number, length: number): number {
  frame[0] = 0x80 | opcode;
  let at = 2;
  if (length < 126) frame[1] = 0x80 | length;
  else if (length < 65_536) {
    frame[1] = 0xfe;
    at = frame.writeUInt16BE(length, at);
  } else {
    frame[1] = 0xff;
    at = frame.writeUInt32BE(Math.floor(length / 2 ** 32), at);
    at = frame.writeUInt32BE(length >>> 0, at);
  }
  return putRandom(frame, at, MASK);
}
