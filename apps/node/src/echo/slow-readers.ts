import type { NodeServer, NodeSocket } from './serve-contract.js';

/** Bytes that may wait for one client. */
const WAITING_MAX = 16 * 1024 * 1024;
/** Bytes that a waiting packet takes beside its data. */
const PACKET_COST = 256;
/** Milliseconds between two looks at all clients. */
const INTERVAL_MS = 500;

/** What Engine.IO has not handed to the operating system yet; its own listeners may look at it too. */
interface Waiting {
  readonly writeBuffer?: readonly { readonly data?: string | ArrayBufferView }[];
}

/** Ends sessions whose clients do not read what they are sent, before what waits for them fills the memory. */
export class SlowReaders {
  readonly #tell: (line: string) => void;
  readonly #timer: NodeJS.Timeout;

  /** @param tell told of each, in one line */
  constructor(io: NodeServer, tell: (line: string) => void) {
    this.#tell = tell;
    this.#timer = setInterval(() => {
      for (const socket of io.of('/').sockets.values()) this.check(socket);
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  /** Ends the session if too much waits for its client. */
  check(socket: NodeSocket): void {
    const bytes = waitingBytes(socket.conn as unknown as Waiting);
    if (bytes <= WAITING_MAX) return;
    this.#tell(`client ${socket.id} does not read: ${bytes} bytes wait for it, its session is ended`);
    socket.conn.close(true);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Bytes that wait in a session's write buffer, which is empty for a client that reads. */
export function waitingBytes({ writeBuffer = [] }: Waiting): number {
  let bytes = 0;
  for (const { data } of writeBuffer) {
    bytes += PACKET_COST + (data === undefined ? 0 : typeof data === 'string' ? data.length : data.byteLength);
  }
  return bytes;
}
