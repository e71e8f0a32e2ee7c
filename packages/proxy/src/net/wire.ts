import type { Place } from '@pinwheel/roster';
import type { OnRead, StreamHandle } from '@pinwheel/raw-socket';
import { newSocket, readStraight, streamHandle, takeHandle, writeStraight } from '@pinwheel/raw-socket';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { holdClock, releaseClock } from './clock.js';

/**
 * One TCP or TLS connection, read into buffers that are used again and again.
 *
 * Plain TCP reads of all connections go into one shared buffer: libuv asks for the buffer and fills it in one step, so
 * its bytes are valid during `onBytes` and cost an idle connection nothing. A connection whose reads fill the shared
 * buffer gets a larger one of its own until they no longer do. TLS reads come in buffers that the TLS layer allocates.
 */

/** What a read came in. Whoever wants to keep bytes past `onBytes` copies them. */
export interface ReadBuffer {
  readonly bytes: Buffer;
  /** Another connection's read may overwrite the bytes as soon as `onBytes` has returned. */
  readonly shared: boolean;
  /** A write that is not finished refers to the bytes: they must not be read into again. */
  lent: boolean;
}

/** Whoever handles what comes on a wire; changes when an HTTP connection becomes a tunnel. */
export interface WireReader {
  onBytes(buffer: ReadBuffer, length: number): void;
  /** The other side will send no more. */
  onEnd(): void;
  /** What was written has gone to the kernel. */
  onDrain(): void;
  /** The connection is over; with the system's error when that was the reason. Called once. */
  onClose(error: NodeJS.ErrnoException | undefined): void;
}

/** Told when a connection is over, so that what moved on it can be counted. */
export interface WireAccount {
  onWireClosed(wire: Wire): void;
}

/** The shared buffer's size is also the longest text that a socket can try to send without a heap copy of it. */
const SHARED_SIZE = 16_384;
const OWN_SIZE = 65_536;
/** Up to so many bytes a copy into the text that goes out anyway is cheaper than a second buffer in the write. */
const COPY_SIZE = 4_096;
/** So many reads in a row below the shared size give the own buffer back. */
const SMALL_READS = 8;

const sharedBuffer: ReadBuffer = { bytes: Buffer.allocUnsafeSlow(SHARED_SIZE), shared: true, lent: false };

const ignore = (): void => undefined;
/** Reads what nobody reads yet, or any more. */
export const NOBODY: WireReader = { onBytes: ignore, onEnd: ignore, onDrain: ignore, onClose: ignore };

export class Wire {
  readonly socket: Socket;
  /**
   * A paused wire may still read what the client sends next: `net` stops at once only where it reads into our buffers.
   * Such a connection cannot be handed off, because its first message could be read here.
   */
  readonly readsAhead: boolean;
  reader: WireReader;
  /** Who counts its bytes. */
  account: WireAccount | undefined;
  /** With the account. */
  place: Place<Wire> | undefined;
  /** Totals in bytes. */
  bytesRead = 0;
  bytesWritten = 0;
  #buffer: ReadBuffer = sharedBuffer;
  #smallReads = 0;
  #error: NodeJS.ErrnoException | undefined;
  #paused = false;
  /** Put and not yet sent. */
  #out = '';
  /** Of a plain connection that is open: what is read and written does not pass the socket. */
  #handle: StreamHandle | undefined;
  #readBySocket: (() => void) | undefined;
  /** Bytes written to the handle that the kernel has not taken; what comes behind them is written to the socket. */
  #underWay = 0;
  /** So many were under way that the other side is to be waited for. */
  #needsDrain = false;

  /** Wires a socket up. With `open` the socket is made here, to read into our buffers; see `newSocket`. */
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

  /** To be called when a connection that had to be made is open. */
  opened(): void {
    this.#handle = streamHandle(this.socket);
  }

  /** Bytes written that the kernel has not taken yet. */
  get pending(): number {
    return this.#underWay + this.socket.writableLength;
  }

  /** More was written than the other side takes: stop reading what feeds it until `onDrain`. */
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

  /** Adds bytes out of a read buffer; many are sent at once, and not overwritten before they are gone. */
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

  /** Sends what was put, in one write. */
  flush(): void {
    const handle = this.#handle;
    const { socket } = this;
    if (handle === undefined || this.#underWay > 0 || socket.writableLength > 0 || socket.writableEnded) {
      this.#flushToSocket();
      return;
    }
    const out = this.#out;
    if (out === '' || socket.destroyed) return;
    this.#out = '';
    this.bytesWritten += out.length;
    this.#underWay = writeStraight(socket, handle, out, this.#onTaken);
    this.#needsDrain = this.#underWay >= socket.writableHighWaterMark;
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

  /** Sends what was written, then the end of the stream. The other direction stays open. */
  end(): void {
    if (!this.socket.destroyed && !this.socket.writableEnded) this.socket.end();
  }

  /** Sends what was written and closes; at once when that takes more than `ms` milliseconds. */
  endWithin(ms: number): void {
    const { socket } = this;
    if (socket.destroyed) return;
    // What the kernel has it sends, and then the end. Of TLS the end is a record of its own.
    if (socket.writableFinished || (this.pending === 0 && !(socket instanceof TLSSocket))) {
      socket.destroy();
      return;
    }
    this.end();
    const timer = setTimeout(() => this.socket.destroy(), ms);
    this.socket.once('finish', () => this.socket.destroy());
    this.socket.once('close', () => clearTimeout(timer));
  }

  /** Closes at once. @param error what its reader is told */
  destroy(error?: Error): void {
    this.socket.destroy(error);
  }

  /** Lets go of the socket, which is read and told of no more. */
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
    this.reader = NOBODY;
    this.account = undefined;
    return socket;
  }

  /** Closes at once in a way that is no end of the stream: what was sent is not all there was. */
  reset(): void {
    const { socket } = this;
    // TLS has its own mark of a clean end and does not send it; libuv resets nothing that has said its end.
    if (socket instanceof TLSSocket || socket.destroyed || (socket.writableEnded && this.pending === 0)) {
      socket.destroy();
    } else {
      socket.resetAndDestroy();
    }
  }

  /** Hands on bytes that were read off the connection before it had a wire. */
  feed(bytes: Buffer): void {
    this.#onData(bytes);
  }

  readonly #nextBuffer = (): Buffer => this.#buffer.bytes;

  /** @returns the buffer for the next read when it is another one */
  readonly #take = (length: number): Buffer | undefined => {
    if (this.socket.destroyed) return undefined;
    const buffer = this.#buffer;
    this.#deliver(buffer, length);
    if (buffer.shared && length < SHARED_SIZE) return undefined;
    this.#chooseBuffer(buffer, length);
    return this.#buffer === buffer ? undefined : this.#buffer.bytes;
  };

  /** The kernel has taken what was under way. */
  readonly #onTaken = (): void => {
    this.#underWay = 0;
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    // What was written to the socket since then has an event of its own.
    if (!this.socket.writableNeedDrain) this.reader.onDrain();
  };

  /** Of the first read, and of all where there is no handle: a connection that is handed off has no other. */
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

  /** A TLS read, or one of a socket that could not be given our buffer. */
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
    // Whoever makes the wire may not be ready to read yet; the socket's own bytes come later than this.
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

/** The wire of an accepted connection for which no socket was made. It is read at once. */
export function handleWire(handle: object, reader: WireReader): Wire {
  return new Wire((onread) => newSocket(handle, onread), reader);
}
