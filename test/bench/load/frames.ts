import { randomBytes } from 'node:crypto';

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;

/** A complete client frame (RFC 6455, 5.2), masked with a random key. */
export function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const sized = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(sized + 4 + length);
  frame[0] = 0x80 | opcode;
  if (sized === 2) frame[1] = 0x80 | length;
  else if (sized === 4) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  const key = randomBytes(4);
  key.copy(frame, sized);
  for (let i = 0; i < length; i++) frame[sized + 4 + i] = (payload[i] ?? 0) ^ (key[i & 3] ?? 0);
  return frame;
}

/**
 * Called when a frame is complete. Its payload is from `start` to `end` of `chunk`, which is valid until the call
 * returns; without payloads `start` equals `end`.
 */
export type OnFrame = (opcode: number, chunk: Buffer, start: number, end: number) => void;

/** Finds the frames of a server in its bytes: unmasked, complete or in pieces. */
export class FrameReader {
  readonly #onFrame: OnFrame;
  readonly #payloads: boolean;
  readonly #head = Buffer.alloc(10);
  #headLength = 0;
  #inPayload = false;
  #left = 0;
  #collected: Buffer | undefined;
  #collectedLength = 0;

  /** @param payloads false when payloads are counted only */
  constructor(onFrame: OnFrame, payloads: boolean) {
    this.#onFrame = onFrame;
    this.#payloads = payloads;
  }

  read(chunk: Buffer, from: number, to: number): void {
    let at = from;
    while (at < to || (this.#inPayload && this.#left === 0)) {
      at = this.#inPayload ? this.#readPayload(chunk, at, to) : this.#readHead(chunk, at, to);
    }
  }

  #readHead(chunk: Buffer, from: number, to: number): number {
    let at = from;
    const head = this.#head;
    while (at < to) {
      head[this.#headLength++] = chunk[at++] ?? 0;
      if (this.#headLength < 2) continue;
      const size = (head[1] ?? 0) & 127;
      if (this.#headLength < (size < 126 ? 2 : size === 126 ? 4 : 10)) continue;
      this.#left = size < 126 ? size : size === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
      this.#headLength = 0;
      this.#inPayload = true;
      break;
    }
    return at;
  }

  #readPayload(chunk: Buffer, from: number, to: number): number {
    const taken = Math.min(this.#left, to - from);
    const at = from + taken;
    this.#left -= taken;
    if (this.#payloads && (this.#left > 0 || this.#collected !== undefined)) {
      this.#collected ??= Buffer.allocUnsafe(taken + this.#left);
      chunk.copy(this.#collected, this.#collectedLength, from, at);
      this.#collectedLength += taken;
    }
    if (this.#left > 0) return at;
    this.#inPayload = false;
    const opcode = (this.#head[0] ?? 0) & 15;
    const collected = this.#collected;
    if (collected !== undefined) {
      const length = this.#collectedLength;
      this.#collected = undefined;
      this.#collectedLength = 0;
      this.#onFrame(opcode, collected, 0, length);
    } else if (this.#payloads) this.#onFrame(opcode, chunk, from, at);
    else this.#onFrame(opcode, chunk, at, at);
    return at;
  }
}
