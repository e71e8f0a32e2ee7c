import { Socket } from 'node:net';

/** What is used of the handle below a socket; it is not in the published types. */
interface Handle {
  [name: symbol]: unknown;
  close(): void;
}

/** By which a handle holds its socket: a symbol of net's own. */
let owner: symbol | undefined;

interface WithHandle {
  _handle?: Handle | null;
}

/**
 * This process's copy of a connection that another process has: nobody reads it here, and it is told of nothing. Only the
 * handle is kept of the socket, which would be most of what the connection holds here. Where a runtime keeps its handles
 * elsewhere the socket stays.
 */
export class UnreadCopy {
  #handle: Handle | undefined;
  #socket: Socket | undefined;

  /** @param socket paused; nobody's any more */
  constructor(socket: Socket) {
    const holder = socket as unknown as WithHandle;
    const handle = holder._handle;
    if (socket.destroyed) return;
    if (handle === null || handle === undefined) {
      this.#socket = socket;
      return;
    }
    holder._handle = null;
    owner ??= Object.getOwnPropertySymbols(handle).find((name) => handle[name] === socket);
    if (owner !== undefined) handle[owner] = undefined;
    this.#handle = handle;
  }

  /** Closes this copy. The connection goes on in the other process. */
  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /** Tells the client that the connection is over, and closes this copy: closing alone would tell it nothing. */
  end(): void {
    // `handle` is what net.Server itself passes here. Not readable: the bytes are the other process's.
    const socket =
      this.#handle === undefined
        ? this.#socket
        : new Socket({ handle: this.#handle, readable: false, writable: true } as object);
    this.#handle = this.#socket = undefined;
    socket?.on('error', () => undefined);
    socket?.end(() => socket.destroy());
  }
}
