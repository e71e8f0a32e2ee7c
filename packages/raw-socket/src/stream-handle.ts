import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { getSystemErrorName } from 'node:util';
import { handleOf } from './handle.js';
import { insides } from './insides.js';
import type { WriteRequest } from './insides.js';

/**
 * Reads and writes on the handle below a TCP socket. The work of a `net.Socket` around each read and write (a request
 * object, the states of two streams, a tick) is a tenth of the cost of a message in a proxy. Connecting, shutting down,
 * closing and errors stay the socket's.
 */

/** The handle of a TCP connection, as far as it is used here. */
export interface StreamHandle {
  /** libuv calls it after a read, with the length in the shared state; a buffer that it returns takes the next read. */
  onread: OnHandleRead;
  /** Bytes that the kernel has not taken. */
  readonly writeQueueSize: number;
  /** Copies what the kernel does not take at once. @returns 0 or a system error's number */
  writeLatin1String(request: WriteRequest, text: string): number;
  /** Bytes that the kernel does not take at once must stay unchanged. @returns 0 or a system error's number */
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
}

type OnHandleRead = (this: StreamHandle, bytes: ArrayBuffer | undefined) => Uint8Array | undefined;

/** Open connections continue to use it when the insides are turned off. */
const node = insides();

/** The request of the next write: a write that the kernel takes at once leaves it unused. */
let spare = node === undefined ? undefined : new node.WriteWrap();

/** The handle of an open TCP connection; undefined over TLS, while connecting, and with plain sockets. */
export function streamHandle(socket: Socket): StreamHandle | undefined {
  if (node === undefined || socket instanceof TLSSocket || socket.connecting) return undefined;
  const handle = handleOf(socket);
  return handle instanceof node.TCP || handle instanceof node.Pipe ? (handle as StreamHandle) : undefined;
}

/**
 * Passes the reads of a socket to `take` instead of its `onread` callback. Ends and errors go the socket's way.
 *
 * @param take gets the length of what was read into the buffer that the socket was made with, and may return another
 * buffer for the next read
 * @returns a function that gives the reads back to the socket
 */
export function readStraight(handle: StreamHandle, take: (length: number) => Uint8Array | undefined): () => void {
  const { onread } = handle;
  if (node === undefined) return () => undefined;
  const { streamBaseState, kReadBytesOrError } = node;
  handle.onread = function onRead(bytes) {
    const length = streamBaseState[kReadBytesOrError] ?? 0;
    return length > 0 ? take(length) : onread.call(this, bytes);
  };
  return () => {
    handle.onread = onread;
  };
}

/**
 * Writes behind everything that was written to the socket before.
 *
 * @param out a text whose characters are bytes, or bytes, which must stay unchanged until the kernel has them
 * @param onTaken called when the kernel has all of it, unless the socket is destroyed first
 * @returns bytes that the kernel has not taken yet. 0 means that it has all of them, or that the socket is destroyed:
 * `onTaken` is not called
 */
export function writeStraight(
  socket: Socket,
  handle: StreamHandle,
  out: string | Uint8Array,
  onTaken: () => void,
): number {
  if (node === undefined || spare === undefined) return 0;
  const error = typeof out === 'string' ? handle.writeLatin1String(spare, out) : handle.writeBuffer(spare, out);
  if (error !== 0) {
    socket.destroy(writeError(error));
    return 0;
  }
  if (node.streamBaseState[node.kLastWriteWasAsync] === 0) return 0;
  const request = spare;
  spare = new node.WriteWrap();
  if (typeof out !== 'string') request.bytes = out;
  request.oncomplete = (status) => {
    if (socket.destroyed) return;
    if (status < 0) socket.destroy(writeError(status));
    else onTaken();
  };
  return Math.max(1, handle.writeQueueSize);
}

function writeError(errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`write ${code}`), { errno, code, syscall: 'write' });
}
