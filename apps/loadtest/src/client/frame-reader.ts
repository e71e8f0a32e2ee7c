import { isUtf8 } from 'node:buffer';

/** Opcodes of RFC 6455, section 5.2. */
export const OPCODE = Object.freeze({ continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 });

/** Receives the messages of a server. Bytes are valid during the call only. */
export interface FrameHandler {
  onText(text: string): void;
  onBinary(bytes: Buffer): void;
  /** A ping or a close frame, with its payload. */
  onControl(opcode: number, bytes: Buffer): void;
}

/** The server violated the protocol: `Invalid WebSocket frame: ...`, in the words of `ws`. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** The most bytes of a message; a longer one is refused, as by `ws`. */
const MESSAGE_MAX = 100 * 1_024 * 1_024;
const CONTROL_MAX = 125;
/** The most bytes of a frame's head from a server, which does not mask. */
const HEAD_MAX = 10;
/** The character that a decoder puts in place of bytes that are not UTF-8. */
const REPLACEMENT = '\uFFFD';

/**
 * Reads WebSocket messages from a server's bytes (RFC 6455, section 5, no extensions). A frame that is whole in one read, as
 * nearly all are, is decoded in place: nothing is copied, and nothing is kept for the connection.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  /** The beginning of a frame whose end has not arrived. */
  #held: Buffer | undefined;
  #heldLength = 0;
  /** The parts of a message that is sent in several frames. */
  #parts: Buffer[] | undefined;
  #partsLength = 0;
  #partsOpcode = 0;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /**
   * Reads `bytes` from `from` to `length`.
   *
   * @throws FrameError when they do not follow RFC 6455
   */
  read(bytes: Buffer, from: number, length: number): void {
    let at = this.#held === undefined ? from : this.#complete(bytes, from, length);
    while (at < length) {
      const size = frameSize(bytes, at, length);
      if (size === 0 || at + size > length) {
        this.#hold(bytes, at, length, size);
        return;
      }
      this.#frame(bytes, at, at + size);
      at += size;
    }
  }

  /** Adds bytes to the frame that is held, and reads it when it is whole. @returns where the next frame begins */
  #complete(bytes: Buffer, from: number, length: number): number {
    let at = from;
    while (this.#held !== undefined && at < length) {
      const size = frameSize(this.#held, 0, this.#heldLength);
      if (size > this.#held.length) {
        const larger = Buffer.allocUnsafe(size);
        this.#held.copy(larger, 0, 0, this.#heldLength);
        this.#held = larger;
      }
      // The length of an incomplete head is unknown: it grows byte by byte, which is rare.
      const wanted = size === 0 ? 1 : size - this.#heldLength;
      const taken = Math.min(wanted, length - at);
      bytes.copy(this.#held, this.#heldLength, at, at + taken);
      this.#heldLength += taken;
      at += taken;
      if (size !== 0 && this.#heldLength === size) {
        const whole = this.#held;
        this.#held = undefined;
        this.#frame(whole, 0, size);
      }
    }
    return at;
  }

  #hold(bytes: Buffer, from: number, length: number, size: number): void {
    this.#heldLength = length - from;
    this.#held = Buffer.allocUnsafe(Math.max(HEAD_MAX, size));
    bytes.copy(this.#held, 0, from, length);
  }

  #frame(bytes: Buffer, from: number, end: number): void {
    const first = bytes[from] ?? 0;
    const short = bytes[from + 1] ?? 0;
    const start = from + (short < 126 ? 2 : short === 126 ? 4 : HEAD_MAX);
    if (first === 0x81) {
      this.#handler.onText(textOf(bytes, start, end));
      return;
    }
    const opcode = first & 0x0f;
    if (opcode >= OPCODE.close) {
      if (opcode !== OPCODE.pong) this.#handler.onControl(opcode, bytes.subarray(start, end));
    } else if (opcode === OPCODE.binary && first === 0x82) this.#handler.onBinary(bytes.subarray(start, end));
    else this.#part(opcode, first >= 0x80, bytes.subarray(start, end));
  }

  #part(opcode: number, last: boolean, bytes: Buffer): void {
    if ((opcode === OPCODE.continuation) !== (this.#parts !== undefined)) throw frameError(`invalid opcode ${opcode}`);
    const parts = (this.#parts ??= []);
    if (opcode !== OPCODE.continuation) {
      this.#partsOpcode = opcode;
      this.#partsLength = 0;
    }
    this.#partsLength += bytes.length;
    if (this.#partsLength > MESSAGE_MAX) throw new FrameError('Max payload size exceeded');
    parts.push(Buffer.from(bytes));
    if (!last) return;
    const whole = Buffer.concat(parts);
    this.#parts = undefined;
    if (this.#partsOpcode === OPCODE.binary) this.#handler.onBinary(whole);
    else this.#handler.onText(textOf(whole, 0, whole.length));
  }
}

/** The bytes of the frame that begins at `at`, head included; 0 when its head is not complete. */
function frameSize(bytes: Buffer, at: number, end: number): number {
  if (end - at < 2) return 0;
  const first = bytes[at] ?? 0;
  const short = bytes[at + 1] ?? 0;
  checkHead(first, short);
  if (short < 126) return 2 + short;
  if (short === 126) return end - at < 4 ? 0 : 4 + bytes.readUInt16BE(at + 2);
  if (end - at < HEAD_MAX) return 0;
  const length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
  if (length > MESSAGE_MAX) throw new FrameError('Max payload size exceeded');
  return HEAD_MAX + length;
}

function checkHead(first: number, short: number): void {
  // Nearly always: a whole text frame, not masked.
  if (first === 0x81 && short < 128) return;
  if ((first & 0x30) !== 0) throw frameError('RSV2 and RSV3 must be clear');
  if ((first & 0x40) !== 0) throw frameError('RSV1 must be clear');
  if ((short & 0x80) !== 0) throw frameError('MASK must be clear');
  const opcode = first & 0x0f;
  if (opcode > OPCODE.pong || (opcode > OPCODE.binary && opcode < OPCODE.close)) {
    throw frameError(`invalid opcode ${opcode}`);
  }
  if (opcode < OPCODE.close) return;
  if (first < 0x80) throw frameError('FIN must be set');
  if (short > CONTROL_MAX) throw frameError(`invalid payload length ${short}`);
}

function textOf(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  if (text.includes(REPLACEMENT) && !isUtf8(bytes.subarray(start, end))) {
    throw frameError('invalid UTF-8 sequence');
  }
  return text;
}

function frameError(what: string): FrameError {
  return new FrameError(`Invalid WebSocket frame: ${what}`);
}
