import { Buffer } from 'node:buffer';
import { close, closeSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ReadBuffer, Wire } from '../../net/wire.js';
import type { BodyPart } from './file-answer.js';
import { lengthOf } from './file-answer.js';

const readLater = promisify(read);

/** Bytes read of a file at once. */
const CHUNK = 65_536;

/** Who has a file sent. */
export interface FileBodyUser {
  /** Where it goes; what was put before goes out before it. */
  readonly wire: Wire;
  /** The client takes no more for now: it is told of by `FileBody.onDrain`. */
  onFileHeld(): void;
  /** All parts were put on the wire. */
  onFileSent(): void;
  /** The file cannot be read to its end: what was sent is not all that was announced. */
  onFileFailed(error: unknown): void;
}

/**
 * Sends parts of an open file as fast as the client takes them, and closes it in the end, whatever that is. Short files are
 * read at once; what everything else would have to wait for is read by another thread.
 */
export class FileBody {
  readonly #fd: number;
  readonly #user: FileBodyUser;
  #buffer: ReadBuffer | undefined;
  #ended = false;
  #drained: (() => void) | undefined;

  /** @param fd belongs to this from now on */
  constructor(fd: number, user: FileBodyUser) {
    this.#fd = fd;
    this.#user = user;
  }

  /** The user may hear of the end at once. */
  start(parts: readonly BodyPart[]): void {
    if (lengthOf(parts) > CHUNK) {
      void this.#run(parts);
      return;
    }
    const failure = this.#sendNow(parts);
    closeSync(this.#fd);
    this.#end(failure);
  }

  /** The client has taken what was written to it. */
  onDrain(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }

  /** The client is gone: nothing more is sent, and the user hears of nothing more. */
  abort(): void {
    this.#ended = true;
    this.onDrain();
  }

  async #run(parts: readonly BodyPart[]): Promise<void> {
    const failure = await this.#send(parts).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    close(this.#fd, () => undefined);
    this.#end(failure);
  }

  #end(failure: { readonly error: unknown } | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    if (failure === undefined) this.#user.onFileSent();
    else this.#user.onFileFailed(failure.error);
  }

  #sendNow(parts: readonly BodyPart[]): { readonly error: unknown } | undefined {
    try {
      for (const part of parts) {
        if (typeof part === 'string') {
          this.#user.wire.put(part);
          continue;
        }
        const length = part.end - part.start;
        const bytes = Buffer.allocUnsafe(length);
        const bytesRead = readSync(this.#fd, bytes, 0, length, part.start);
        if (bytesRead < length) throw tooShort(part.start + bytesRead, part.end);
        this.#user.wire.putFrom({ bytes, shared: false, lent: false }, 0, length);
      }
      this.#user.wire.flush();
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  async #send(parts: readonly BodyPart[]): Promise<void> {
    const { wire } = this.#user;
    for (const part of parts) {
      if (typeof part === 'string') {
        wire.put(part);
        continue;
      }
      let at = part.start;
      while (at < part.end) {
        const wanted = Math.min(CHUNK, part.end - at);
        const buffer = this.#bufferFor(wanted);
        const { bytesRead } = await readLater(this.#fd, buffer.bytes, 0, wanted, at);
        if (this.#ended) return;
        if (bytesRead === 0) throw tooShort(at, part.end);
        wire.putFrom(buffer, 0, bytesRead);
        wire.flush();
        at += bytesRead;
        if (wire.congested) await this.#drain();
        if (this.#ended) return;
      }
    }
    wire.flush();
  }

  #drain(): Promise<void> {
    this.#user.onFileHeld();
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  /** One that no write refers to any more. */
  #bufferFor(wanted: number): ReadBuffer {
    const buffer = this.#buffer;
    if (buffer !== undefined && buffer.bytes.length >= wanted) {
      if (this.#user.wire.pending === 0) buffer.lent = false;
      if (!buffer.lent) return buffer;
    }
    this.#buffer = { bytes: Buffer.allocUnsafeSlow(wanted), shared: false, lent: false };
    return this.#buffer;
  }
}

function tooShort(at: number, end: number): Error {
  return new Error(`it ends at ${at}, and ${end} was announced`);
}
