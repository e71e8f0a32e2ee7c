import { ProxyError } from '../errors.js';
import type { ReadBuffer } from '../net/wire.js';

/** Receives the bytes of a body, framing removed, as they arrive. They are valid during the call only. */
export interface BodySink {
  bodyBytes(buffer: ReadBuffer, start: number, end: number): void;
}

/** How a body is delimited (RFC 9112 6.3). */
export type BodyFraming = 'none' | 'length' | 'chunked' | 'until_close';

const Step = { size: 0, blank: 1, extension: 2, data: 3, dataEnd: 4, trailer: 5, trailerLine: 6 } as const;
type Step = (typeof Step)[keyof typeof Step];

/** Bytes of a chunk-size line and of the trailers: neither is kept, but an endless one must be refused. */
const LINE_LIMIT = 4_096;
const TRAILER_LIMIT = 32_768;
/** Hexadecimal digits of a chunk size: 2^52 and more is refused. */
const SIZE_DIGITS = 13;

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;
const SEMICOLON = 59;
const DEL = 127;

/** Reads one body after another from the bytes of a connection: removes the framing and finds the end. */
export class BodyReader {
  /** The whole body has come. */
  done = false;
  /** Bytes of the body that have come. */
  received = 0;
  #framing: BodyFraming = 'none';
  /** Bytes still to come of the body (`length`) or of the chunk (`chunked`). */
  #remaining = 0;
  #step: Step = Step.size;
  #digits = 0;
  #line = 0;
  #afterCr = false;

  /** Prepares for the next body. @param length bytes, for the framing `length`; ignored for others */
  begin(framing: BodyFraming, length: number): void {
    this.#framing = framing;
    this.#remaining = framing === 'length' ? length : 0;
    this.done = framing === 'none' || (framing === 'length' && length === 0);
    this.received = 0;
    this.#step = Step.size;
    this.#digits = 0;
    this.#line = 0;
    this.#afterCr = false;
  }

  /** True for a body that ends with the connection. */
  get untilClose(): boolean {
    return this.#framing === 'until_close';
  }

  /**
   * Reads `buffer.bytes[start..end)` until the body or the bytes end.
   *
   * @returns the index after the last byte that belongs to the body
   * @throws ProxyError `bad_chunk`
   */
  read(buffer: ReadBuffer, start: number, end: number, sink: BodySink): number {
    if (this.done) return start;
    if (this.#framing === 'chunked') return this.#readChunked(buffer, start, end, sink);
    const stop = this.#framing === 'length' ? Math.min(end, start + this.#remaining) : end;
    if (this.#framing === 'length') {
      this.#remaining -= stop - start;
      this.done = this.#remaining === 0;
    }
    this.received += stop - start;
    if (stop > start) sink.bodyBytes(buffer, start, stop);
    return stop;
  }

  /** RFC 9112 7.1, with a bare LF accepted as a line end. Extensions and trailers are dropped. */
  #readChunked(buffer: ReadBuffer, start: number, end: number, sink: BodySink): number {
    const bytes = buffer.bytes;
    let at = start;
    while (at < end && !this.done) {
      if (this.#step === Step.data) {
        const stop = Math.min(end, at + this.#remaining);
        this.#remaining -= stop - at;
        this.received += stop - at;
        if (this.#remaining === 0) this.#begin(Step.dataEnd);
        sink.bodyBytes(buffer, at, stop);
        at = stop;
      } else {
        this.#readLineByte(bytes[at] ?? 0);
        at++;
      }
    }
    return at;
  }

  #begin(step: Step): void {
    this.#step = step;
    this.#line = 0;
    this.#digits = 0;
    this.#afterCr = false;
  }

  #readLineByte(byte: number): void {
    if (this.#afterCr && byte !== LF) throw new ProxyError('bad_chunk', 'a CR that ends no line');
    this.#line++;
    switch (this.#step) {
      case Step.size:
        this.#readSizeByte(byte);
        break;
      case Step.blank:
        this.#readBlankByte(byte);
        break;
      case Step.extension:
        if (this.#line > LINE_LIMIT) throw new ProxyError('bad_chunk', `an extension of more than ${LINE_LIMIT} bytes`);
        if (byte === LF) this.#endSizeLine();
        else if (byte === CR) this.#afterCr = true;
        else if (isControl(byte)) throw new ProxyError('bad_chunk', 'a control character');
        break;
      case Step.dataEnd:
        if (byte === LF) this.#begin(Step.size);
        else if (byte === CR) this.#afterCr = true;
        else throw new ProxyError('bad_chunk', 'data longer than its chunk size');
        break;
      case Step.trailer:
        if (byte === LF) this.done = true;
        else if (byte === CR) this.#afterCr = true;
        else this.#step = Step.trailerLine;
        break;
      default:
        if (this.#line > TRAILER_LIMIT)
          throw new ProxyError('bad_chunk', `trailers of more than ${TRAILER_LIMIT} bytes`);
        if (byte === LF) {
          this.#step = Step.trailer;
          this.#afterCr = false;
        } else if (byte === CR) this.#afterCr = true;
        else if (isControl(byte)) throw new ProxyError('bad_chunk', 'a control character');
    }
  }

  #readSizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0 && !this.#afterCr) {
      this.#remaining = this.#remaining * 16 + digit;
      if (++this.#digits > SIZE_DIGITS) throw new ProxyError('bad_chunk', `more than ${SIZE_DIGITS} digits`);
      return;
    }
    if (this.#digits === 0) throw new ProxyError('bad_chunk', 'no digit');
    if (byte === LF) this.#endSizeLine();
    else if (byte === CR) this.#afterCr = true;
    else if (byte === SEMICOLON) this.#step = Step.extension;
    else if (byte === SPACE || byte === TAB) this.#step = Step.blank;
    else throw new ProxyError('bad_chunk', `the byte 0x${byte.toString(16)}`);
  }

  /** RFC 9112 7.1.1 allows blanks before an extension; many senders pad the size with blanks and send no extension. */
  #readBlankByte(byte: number): void {
    if (this.#line > LINE_LIMIT) throw new ProxyError('bad_chunk', `more than ${LINE_LIMIT} blanks`);
    if (byte === LF) this.#endSizeLine();
    else if (byte === CR) this.#afterCr = true;
    else if (byte === SEMICOLON) this.#step = Step.extension;
    else if (byte !== SPACE && byte !== TAB) throw new ProxyError('bad_chunk', `the byte 0x${byte.toString(16)}`);
  }

  #endSizeLine(): void {
    this.#begin(this.#remaining === 0 ? Step.trailer : Step.data);
  }
}

function isControl(byte: number): boolean {
  return (byte < SPACE && byte !== TAB) || byte === DEL;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** The framing of a body that is sent: its length in bytes, `chunked`, or no body. */
export type BodyLength = number | 'chunked' | 'none';

const NOWHERE: BodySink = { bodyBytes: () => undefined };

/**
 * Reads the beginning of a chunked body without keeping it.
 *
 * @returns bytes of the body so far, framing removed
 * @throws ProxyError `bad_chunk`
 */
export function chunkedLength(buffer: ReadBuffer, start: number, end: number): number {
  const reader = new BodyReader();
  reader.begin('chunked', -1);
  for (let at = start; at < end && !reader.done;) at = reader.read(buffer, at, end, NOWHERE);
  return reader.received;
}
