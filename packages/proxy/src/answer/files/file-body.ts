import { Buffer } from 'node:buffer';
import { close, closeSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Turn } from '../../client/turn.js';
import type { ReadBuffer } from '../../net/wire.js';
import type { BodyPart } from './file-answer.js';
import { lengthOf } from './file-answer.js';

const readLater = promisify(read);

/** Bytes read of a file at once. */
const CHUNK = 65_536;

/** Handles the end of a file body; one of the two is called once, unless the body was aborted. */
export interface FileBodyUser {
  /** All parts were written. */
  onFileSent(): void;
  /** The file could not be read to its end: less was sent than the head announces. */
  onFileFailed(error: unknown): void;
}

/**
 * Sends parts of an open file as fast as the client takes them, then closes the file in any case. A body of up to 64 KiB is
 * read synchronously; a longer one is read on libuv's threads, because it would hold up all other requests.
 */
export class FileBody {
  readonly #fd: number;
  readonly #turn: Turn;
  readonly #user: FileBodyUser;
  #buffer: ReadBuffer | undefined;
  #ended = false;
  #drained: (() => void) | undefined;

  /** @param fd descriptor of the open file, which this object closes */
  constructor(fd: number, turn: Turn, user: FileBodyUser) {
    this.#fd = fd;
    this.#turn = turn;
    this.#user = user;
  }

  /** Starts sending. A short body calls the user before this returns. */
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

  /** The client has left: stops sending, and calls the user no more. */
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
          this.#turn.write(part);
          continue;
        }
        const length = part.end - part.start;
        const bytes = Buffer.allocUnsafe(length);
        const bytesRead = readSync(this.#fd, bytes, 0, length, part.start);
        if (bytesRead < length) throw tooShort(part.start + bytesRead, part.end);
        this.#turn.writeFrom({ bytes, shared: false, lent: false }, 0, length);
      }
      this.#turn.flush();
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  async #send(parts: readonly BodyPart[]): Promise<void> {
    const turn = this.#turn;
    for (const part of parts) {
      if (typeof part === 'string') {
        turn.write(part);
        continue;
      }
      let at = part.start;
      while (at < part.end) {
        const wanted = Math.min(CHUNK, part.end - at);
        const buffer = this.#bufferFor(wanted);
        const { bytesRead } = await readLater(this.#fd, buffer.bytes, 0, wanted, at);
        if (this.#ended) return;
        if (bytesRead === 0) throw tooShort(at, part.end);
        turn.writeFrom(buffer, 0, bytesRead);
        at += bytesRead;
        if (!turn.flush()) await this.#drain();
        if (this.#ended) return;
      }
    }
    turn.flush();
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  /** A buffer that no write in flight refers to. */
  #bufferFor(wanted: number): ReadBuffer {
    const buffer = this.#buffer;
    if (buffer !== undefined && buffer.bytes.length >= wanted) {
      if (this.#turn.pending === 0) buffer.lent = false;
      if (!buffer.lent) return buffer;
    }
    this.#buffer = { bytes: Buffer.allocUnsafeSlow(wanted), shared: false, lent: false };
    return this.#buffer;
  }
}

function tooShort(at: number, end: number): Error {
  return new Error(`the file ends at byte ${at} of ${end}: it was truncated while it was sent`);
}
