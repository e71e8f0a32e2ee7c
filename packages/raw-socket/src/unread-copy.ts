import { Socket } from 'node:net';
import { takeHandle } from './handle.js';

interface ClosableHandle {
  [name: symbol]: unknown;
  close(): void;
}

/**
 * This process's copy of a connection that another process has: it is never read, and it reports nothing. It keeps the
 * handle of the socket only, because the socket would take most of the memory that the connection takes here. With
 * plain sockets it keeps the socket.
 */
export class UnreadCopy {
  #handle: ClosableHandle | undefined;
  #socket: Socket | undefined;

  private constructor(handle: ClosableHandle | undefined, socket: Socket | undefined) {
    this.#handle = handle;
    this.#socket = socket;
  }

  /** Takes a socket over. @param socket paused; from now on only the copy uses it */
  static of(socket: Socket): UnreadCopy {
    if (socket.destroyed) return new UnreadCopy(undefined, undefined);
    const handle = takeHandle(socket) as ClosableHandle | undefined;
    if (handle === undefined) return new UnreadCopy(undefined, socket);
    letGo(handle, socket);
    return new UnreadCopy(handle, undefined);
  }

  /** Closes this copy. The connection continues in the other process. */
  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /** Ends the connection for the client and closes this copy; `close` alone would not reach the client. */
  end(): void {
    // Not readable, because the bytes belong to the other process.
    const socket =
      this.#handle === undefined
        ? this.#socket
        : new Socket({ handle: this.#handle, readable: false, writable: true } as object);
    this.#handle = this.#socket = undefined;
    socket?.on('error', () => undefined);
    socket?.end(() => socket.destroy());
  }
}

/** A handle refers to its socket by a private symbol of `net`. Without that reference the socket can be collected. */
function letGo(handle: ClosableHandle, socket: Socket): void {
  for (const name of Object.getOwnPropertySymbols(handle)) {
    if (handle[name] === socket) handle[name] = undefined;
  }
}
