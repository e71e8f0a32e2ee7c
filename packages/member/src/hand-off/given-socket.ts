import { Socket } from 'node:net';
import { socketOptions, takeHandle } from '@pinwheel/raw-socket';

/** A connection that came from the balancer. */
export interface GivenConnection {
  readonly socket: Socket;
  /** The status of the response that was written; 0 before that, and when the first bytes are not a response. */
  readonly status: number;
}

/**
 * Makes a connection of a socket from the balancer: the handle of a connection, as `net.Server` passes it to its
 * sockets, or a socket that was not read yet, as Node's IPC channel makes it.
 *
 * @returns undefined when nothing came
 */
export function givenConnection(given: unknown): GivenConnection | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  if (!(given instanceof Socket)) return new GivenSocket(given);
  const handle = takeHandle(given);
  return handle === undefined ? new GivenPlainSocket(given) : new GivenSocket(handle);
}

/** The socket around a handle. */
class GivenSocket extends Socket implements GivenConnection {
  readonly socket = this;
  status = 0;
  #begun = false;

  constructor(handle: object) {
    super(socketOptions(handle));
  }

  /** A method of the class, because an own property of each socket for its first write would be a V8 shape of its own. */
  override write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
    if (!this.#begun) {
      this.#begun = true;
      this.status = statusOf(chunk);
    }
    return super.write(chunk as string, encoding as BufferEncoding, callback as () => void);
  }
}

/** An ordinary socket, whose first write is examined for the status. */
class GivenPlainSocket implements GivenConnection {
  readonly socket: Socket;
  status = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    // The HTTP server sets this for the connections that it accepts.
    socket.allowHalfOpen = true;
    const write = socket.write.bind(socket) as (...args: readonly unknown[]) => boolean;
    socket.write = (...args: readonly unknown[]): boolean => {
      this.status = statusOf(args[0]);
      socket.write = write;
      return write(...args);
    };
  }
}

function statusOf(first: unknown): number {
  const text = first instanceof Uint8Array ? Buffer.from(first).toString('latin1', 0, 16) : String(first);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}
