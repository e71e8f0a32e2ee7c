import type { Place } from '@pinwheel/roster';
import type { OnRead, StreamHandle } from '@pinwheel/raw-socket';
import { newSocket, readStraight, streamHandle, takeHandle, writeStraight } from '@pinwheel/raw-socket';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { holdClock, releaseClock } from './clock.js';

/**
 * One TCP or TLS connection, read into buffers that are reused.
 *
 * Plain TCP reads of all connections go into one shared buffer: libuv asks for the buffer and fills it in one step, so
 * its bytes are valid during `onBytes` and cost an idle connection nothing. A connection whose reads fill the shared
 * buffer gets a larger one of its own until they no longer do. TLS reads come in buffers that the TLS layer allocates.
 */

/** The buffer of a read. A reader that keeps bytes beyond `onBytes` copies them. */
export interface ReadBuffer {
  readonly bytes: Buffer;
  /** Another connection's read may overwrite the bytes as soon as `onBytes` has returned. */
  readonly shared: boolean;
  /** A write in flight refers to the bytes, so that no further read may go into them. */
  lent: boolean;
}

/** Handles the events of a wire. A wire gets another reader when its HTTP connection becomes a tunnel. */
export interface WireReader {
  onBytes(buffer: ReadBuffer, length: number): void;
  /** The other side has ended its stream. */
  onEnd(): void;
  /** The kernel has taken everything that was written. */
  onDrain(): void;
  /** The connection has closed, with the system's error if there was one. Called once. */
  onClose(error: NodeJS.ErrnoException | undefined): void;
}

/** Counts the bytes of a connection when it has closed. */
export interface WireAccount {
  onWireClosed(wire: Wire): void;
}

/** The shared buffer's size is also the longest text that a socket can try to send without a heap copy of it. */
const SHARED_SIZE = 16_384;
const OWN_SIZE = 65_536;
/** Up to this many bytes, a copy into the text that goes out anyway is cheaper than a second buffer in the write. */
const COPY_SIZE = 4_096;
/** After this many reads in a row below the shared size, a connection gives its own buffer back. */
const SMALL_READS = 8;

const sharedBuffer: ReadBuffer = { bytes: Buffer.allocUnsafeSlow(SHARED_SIZE), shared: true, lent: false };

const ignore = (): void => undefined;
/** The reader of a wire that has no user yet or no longer: it ignores everything. */
export const NO_READER: WireReader = { onBytes: ignore, onEnd: ignore, onDrain: ignore, onClose: ignore };

export class Wire {
  readonly socket: Socket;
  /**
   * A paused wire may still read what the client sends next: `net` stops at once only where it reads into our buffers.
   * Such a connection cannot be handed off, because its first message could be read here.
   */
  readonly readsAhead: boolean;
  reader: WireReader;
  /** Counts its bytes. */
  account: WireAccount | undefined;
  /** Its place with the account. */
  place: Place<Wire> | undefined;
  /** Totals in bytes. */
  bytesRead = 0;
  bytesWritten = 0;
  #buffer: ReadBuffer = sharedBuffer;
  #smallReads = 0;
  #error: NodeJS.ErrnoException | undefined;
  #paused = false;
  /** Text that was put and not sent yet. */
  #out = '';
  /** The handle of an open connection over plain TCP, which is read and written past the socket. */
  #handle: StreamHandle | undefined;
  #readBySocket: (() => void) | undefined;
  /** Bytes written to the handle that the kernel has not taken; later bytes are written to the socket. */
  #inFlight = 0;
  /** True when so many bytes were in flight that writers wait for `onDrain`. */
  #needsDrain = false;

  /** @param open a socket, or a function that makes one which reads into the buffers of the wire (`newSocket`) */
  constructor(open: Socket | ((onread: OnRead) => Socket), reader: WireReader) {
    this.reader = reader;
    this.readsAhead = typeof open !== 'function';
    if (typeof open === 'function') {
      this.socket = open({ buffer: this.#nextBuffer, callback: this.#onRead });
      this.opened();
    } else {
      this.socket = open;
      open.on('data', this.#onData);
    }
    this.socket.on('end', this.#onEnd);
    this.socket.on('drain', this.#onDrain);
    this.socket.on('error', this.#onError);
    this.socket.on('close', this.#onClose);
  }

  /** To be called when an outgoing connection is open. */
  opened(): void {
    this.#handle = streamHandle(this.socket);
  }

  /** Bytes written that the kernel has not taken yet. */
  get pending(): number {
    return this.#inFlight + this.socket.writableLength;
  }

  /** More was written than the other side takes: its source should not be read until `onDrain`. */
  get congested(): boolean {
    return this.#needsDrain || (this.socket.writableLength > 0 && this.socket.writableNeedDrain);
  }

  get destroyed(): boolean {
    return this.socket.destroyed;
  }

  /** Adds text whose characters are bytes (latin1) to what `flush` sends. */
  put(text: string): void {
    this.#out += text;
  }

  /** Adds bytes of a read buffer. Many bytes are sent at once, and lend the buffer until the kernel has them. */
  putFrom(buffer: ReadBuffer, start: number, end: number): void {
    if (buffer.shared || end - start <= COPY_SIZE) {
      this.#out += buffer.bytes.toString('latin1', start, end);
      return;
    }
    this.socket.cork();
    this.#flushToSocket();
    this.bytesWritten += end - start;
    this.socket.write(buffer.bytes.subarray(start, end));
    this.socket.uncork();
    if (this.pending > 0) buffer.lent = true;
  }

  /** Sends what was put in one write. */
  flush(): void {
    const handle = this.#handle;
    const { socket } = this;
    if (handle === undefined || this.#inFlight > 0 || socket.writableLength > 0 || socket.writableEnded) {
      this.#flushToSocket();
      return;
    }
    const out = this.#out;
    if (out === '' || socket.destroyed) return;
    this.#out = '';
    this.bytesWritten += out.length;
    this.#inFlight = writeStraight(socket, handle, out, this.#onTaken);
    this.#needsDrain = this.#inFlight >= socket.writableHighWaterMark;
  }

  #flushToSocket(): void {
    if (this.#out === '') return;
    this.bytesWritten += this.#out.length;
    this.socket.write(this.#out, 'latin1');
    this.#out = '';
  }

  /** Nothing is read until `resume`. */
  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  /** Ends the stream behind what was written. The other direction stays open. */
  end(): void {
    if (!this.socket.destroyed && !this.socket.writableEnded) this.socket.end();
  }

  /** Sends what was written and closes, at the latest after `ms` milliseconds. */
  endWithin(ms: number): void {
    const { socket } = this;
    if (socket.destroyed) return;
    // The kernel sends what it has, and then the end. Over TLS the end is a record, which has to be written first.
    if (socket.writableFinished || (this.pending === 0 && !(socket instanceof TLSSocket))) {
      socket.destroy();
      return;
    }
    this.end();
    const timer = setTimeout(() => this.socket.destroy(), ms);
    this.socket.once('finish', () => this.socket.destroy());
    this.socket.once('close', () => clearTimeout(timer));
  }

  /** Closes at once. @param error reported to the reader */
  destroy(error?: Error): void {
    this.socket.destroy(error);
  }

  /** Gives the socket away: the wire neither reads it nor listens to it from now on. */
  release(): Socket {
    const { socket } = this;
    this.pause();
    this.#readBySocket?.();
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('drain', this.#onDrain);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    socket.on('error', ignore);
    this.reader = NO_READER;
    this.account = undefined;
    return socket;
  }

  /** Closes at once with a reset, so that the other side does not mistake a truncated response for a complete one. */
  reset(): void {
    const { socket } = this;
    // Over TLS the missing close_notify shows it. libuv does not reset a connection whose stream has ended.
    if (socket instanceof TLSSocket || socket.destroyed || (socket.writableEnded && this.pending === 0)) {
      socket.destroy();
    } else {
      socket.resetAndDestroy();
    }
  }

  /** Passes on bytes that were read from the connection before it had a wire. */
  feed(bytes: Buffer): void {
    this.#onData(bytes);
  }

  readonly #nextBuffer = (): Buffer => this.#buffer.bytes;

  /** @returns the buffer for the next read, if it changes */
  readonly #take = (length: number): Buffer | undefined => {
    if (this.socket.destroyed) return undefined;
    const buffer = this.#buffer;
    this.#deliver(buffer, length);
    if (buffer.shared && length < SHARED_SIZE) return undefined;
    this.#chooseBuffer(buffer, length);
    return this.#buffer === buffer ? undefined : this.#buffer.bytes;
  };

  /** The kernel has taken what was in flight. */
  readonly #onTaken = (): void => {
    this.#inFlight = 0;
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    // Bytes that were written to the socket since then have an event of their own.
    if (!this.socket.writableNeedDrain) this.reader.onDrain();
  };

  /** Takes the first read, and all reads without a handle: a connection that is handed off has no second read. */
  readonly #onRead = (length: number, _bytes: Uint8Array): boolean => {
    if (this.bytesRead > 0 && this.#handle !== undefined) this.#readBySocket ??= readStraight(this.#handle, this.#take);
    const buffer = this.#buffer;
    this.#deliver(buffer, length);
    if (!buffer.shared || length === SHARED_SIZE) this.#chooseBuffer(buffer, length);
    return !this.#paused;
  };

  #deliver(buffer: ReadBuffer, length: number): void {
    this.bytesRead += length;
    holdClock();
    try {
      this.reader.onBytes(buffer, length);
    } finally {
      releaseClock();
    }
  }

  #chooseBuffer(buffer: ReadBuffer, length: number): void {
    this.#smallReads = length < SHARED_SIZE ? this.#smallReads + 1 : 0;
    if (this.#smallReads >= SMALL_READS) {
      this.#smallReads = 0;
      this.#buffer = sharedBuffer;
    } else if (buffer.shared || buffer.lent) {
      this.#buffer = { bytes: Buffer.allocUnsafeSlow(OWN_SIZE), shared: false, lent: false };
    }
  }

  /** Takes a read over TLS, or of an accepted socket with plain sockets. */
  readonly #onData = (bytes: Buffer): void => {
    this.#deliver({ bytes, shared: false, lent: false }, bytes.length);
  };

  readonly #onEnd = (): void => {
    this.reader.onEnd();
  };

  readonly #onDrain = (): void => {
    this.reader.onDrain();
  };

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#error ??= error;
  };

  readonly #onClose = (): void => {
    this.account?.onWireClosed(this);
    this.reader.onClose(this.#error);
  };
}

/**
 * The wire of a connection that a `net.Server` accepted with `pauseOnConnect`. `net` offers `onread` to outgoing
 * connections only, so the accepted handle moves to a socket made with it. With plain sockets the accepted socket is read
 * the ordinary way.
 *
 * @param early bytes already read; they come first
 */
export function acceptedWire(accepted: Socket, reader: WireReader, early?: Buffer): Wire {
  const wire = wireOf(accepted, reader);
  if (early !== undefined && early.length > 0) {
    // The caller may not be ready for bytes yet. The socket's own bytes come later than these.
    process.nextTick(() => {
      if (!wire.destroyed) wire.feed(early);
    });
  }
  return wire;
}

function wireOf(accepted: Socket, reader: WireReader): Wire {
  const handle = takeHandle(accepted);
  if (handle !== undefined) return handleWire(handle, reader);
  const wire = new Wire(accepted, reader);
  accepted.resume();
  return wire;
}

/** The wire of an accepted connection for which no socket was made. It reads at once. */
export function handleWire(handle: object, reader: WireReader): Wire {
  return new Wire((onread) => newSocket(handle, onread), reader);
}
