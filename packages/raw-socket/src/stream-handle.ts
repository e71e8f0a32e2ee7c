import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { getSystemErrorName } from 'node:util';

/**
 * Reading and writing on the handle below a TCP socket. What a `net.Socket` does around each read and write (a request
 * object, the states of two streams, a tick) is a tenth of what a message costs a proxy. Connecting, shutting down,
 * closing and errors stay the socket's.
 *
 * None of this is published by Node. Where it is not as expected, `streamHandle` finds nothing and the socket is used.
 */

/** A write whose end is told. */
interface WriteRequest {
  oncomplete: ((status: number) => void) | undefined;
  /** Kept for as long as the kernel has not taken them. */
  bytes?: Uint8Array;
}

/** The handle of a TCP connection, as far as it is used here. */
export interface StreamHandle {
  /** Called by libuv's read, with the length in the shared state; a buffer that it returns takes the next read. */
  onread: OnHandleRead;
  /** Bytes that the kernel has not taken. */
  readonly writeQueueSize: number;
  /** What the kernel does not take at once is copied. @returns 0 or a system error's number */
  writeLatin1String(request: WriteRequest, text: string): number;
  /** What the kernel does not take at once must stay as it is. @returns 0 or a system error's number */
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
}

type OnHandleRead = (this: StreamHandle, bytes: ArrayBuffer | undefined) => Uint8Array | undefined;

/** What Node's own `net` uses. */
interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kLastWriteWasAsync: number;
}

const binding = findBinding();

function findBinding(): StreamBinding | undefined {
  try {
    const found = (process as unknown as { binding(name: string): Partial<StreamBinding> }).binding('stream_wrap');
    return isComplete(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isComplete(found: Partial<StreamBinding>): found is StreamBinding {
  const { WriteWrap, streamBaseState, kReadBytesOrError, kLastWriteWasAsync } = found;
  return (
    typeof WriteWrap === 'function' &&
    streamBaseState instanceof Int32Array &&
    typeof kReadBytesOrError === 'number' &&
    typeof kLastWriteWasAsync === 'number'
  );
}

/** The request of the next write: one that the kernel takes at once leaves it as it was. */
let spare = binding === undefined ? undefined : new binding.WriteWrap();

/** The handle of a TCP connection that is open; undefined where it cannot be used. */
export function streamHandle(socket: Socket): StreamHandle | undefined {
  if (binding === undefined || socket instanceof TLSSocket || socket.connecting) return undefined;
  const { _handle: handle } = socket as unknown as { readonly _handle?: Partial<StreamHandle> | null };
  if (handle === null || handle === undefined) return undefined;
  return isUsable(handle) ? handle : undefined;
}

function isUsable(handle: Partial<StreamHandle>): handle is StreamHandle {
  return (
    typeof handle.writeLatin1String === 'function' &&
    typeof handle.writeBuffer === 'function' &&
    typeof handle.writeQueueSize === 'number' &&
    typeof handle.onread === 'function'
  );
}

/**
 * Has `take` told of what is read into the buffer that the socket was made with. Ends and errors go the socket's way.
 *
 * @param take gets the length in bytes and may return another buffer for the next read
 * @returns gives the reads back to the socket
 */
export function readStraight(handle: StreamHandle, take: (length: number) => Uint8Array | undefined): () => void {
  const { onread } = handle;
  if (binding === undefined) return () => undefined;
  const { streamBaseState, kReadBytesOrError } = binding;
  handle.onread = function onRead(bytes) {
    const length = streamBaseState[kReadBytesOrError] ?? 0;
    return length > 0 ? take(length) : onread.call(this, bytes);
  };
  return () => {
    handle.onread = onread;
  };
}

/**
 * Writes behind whatever was written to the socket before.
 *
 * @param out a text whose characters are bytes, or bytes, which must stay as they are until the kernel has them
 * @param onTaken called when the kernel has all of it, unless the socket is destroyed until then
 * @returns bytes that the kernel has not taken yet; 0: all are taken, or the socket is destroyed, and `onTaken` is not called
 */
export function writeStraight(
  socket: Socket,
  handle: StreamHandle,
  out: string | Uint8Array,
  onTaken: () => void,
): number {
  if (binding === undefined || spare === undefined) return 0;
  const error = typeof out === 'string' ? handle.writeLatin1String(spare, out) : handle.writeBuffer(spare, out);
  if (error !== 0) {
    socket.destroy(writeError(error));
    return 0;
  }
  if (binding.streamBaseState[binding.kLastWriteWasAsync] === 0) return 0;
  const request = spare;
  spare = new binding.WriteWrap();
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
