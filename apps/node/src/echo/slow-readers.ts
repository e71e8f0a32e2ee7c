import type { Log, NodeServer, NodeSocket } from '../contract.js';

/** Bytes that may wait for one client. */
const WAITING_MAX = 16 * 1024 * 1024;
/** Bytes that a waiting packet takes beside its data. */
const PACKET_COST = 256;
/** Milliseconds between two checks of all clients. */
const INTERVAL_MS = 500;

/** The packets that Engine.IO has not handed to the operating system yet. */
interface Waiting {
  readonly writeBuffer?: readonly { readonly data?: string | ArrayBufferView }[];
}

/** Closes the sessions of clients that do not read, before what waits for them fills the memory. */
export class SlowReaders {
  readonly #io: NodeServer;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;

  /** @param log gets a line for each closed session */
  constructor(io: NodeServer, log: Log) {
    this.#io = io;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => {
      for (const socket of this.#io.of('/').sockets.values()) this.check(socket);
    }, INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Closes the session if too much waits for its client. */
  check(socket: NodeSocket): void {
    const bytes = waitingBytes(socket.conn as unknown as Waiting);
    if (bytes <= WAITING_MAX) return;
    this.#log(`client ${socket.id} does not read: session closed with ${bytes} bytes waiting`);
    socket.conn.close(true);
  }
}

/** Bytes in a session's write buffer, which is empty for a client that reads. */
function waitingBytes({ writeBuffer = [] }: Waiting): number {
  let bytes = 0;
  for (const { data } of writeBuffer) {
    bytes += PACKET_COST + (data === undefined ? 0 : typeof data === 'string' ? data.length : data.byteLength);
  }
  return bytes;
}
