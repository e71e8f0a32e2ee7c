import { Buffer } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import type { ReadBuffer, Wire } from '../wire.js';
import type { BodyPart } from './file-answer.js';

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

/** Sends parts of an open file as fast as the client takes them, and closes it in the end, whatever that is. */
export class FileBody {
  readonly #file: FileHandle;
  readonly #user: FileBodyUser;
  #buffer: ReadBuffer | undefined;
  #ended = false;
  #drained: (() => void) | undefined;

  /** Begins at once; the user hears of it later. */
  constructor(file: FileHandle, parts: readonly BodyPart[], user: FileBodyUser) {
    this.#file = file;
    this.#user = user;
    void this.#run(parts);
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
    await this.#file.close().catch(() => undefined);
    if (this.#ended) return;
    this.#ended = true;
    if (failure === undefined) this.#user.onFileSent();
    else this.#user.onFileFailed(failure.error);
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
        const { bytesRead } = await this.#file.read(buffer.bytes, 0, wanted, at);
        if (this.#ended) return;
        if (bytesRead === 0) throw new Error(`the file ends at ${at}, and ${part.end} was announced`);
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
