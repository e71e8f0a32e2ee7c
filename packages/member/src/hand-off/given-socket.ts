import { Socket } from 'node:net';

/** The socket of a connection that came from the balancer. */
export class GivenSocket extends Socket {
  /** Of the answer, as it was written; 0 before that, and for what is no answer. */
  status = 0;
  #begun = false;

  /**
   * Notes the status of what is written first. A method of all, because a property that each socket has for its first write
   * would give the sockets shapes of their own (V8).
   */
  override write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
    if (!this.#begun) {
      this.#begun = true;
      this.status = statusOf(chunk);
    }
    return super.write(chunk as string, encoding as BufferEncoding, callback as () => void);
  }
}

function statusOf(first: unknown): number {
  const text = first instanceof Uint8Array ? Buffer.from(first).toString('latin1', 0, 16) : String(first);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}

/**
 * @param handle of a connection: a handle, as `net.Server` passes it to its sockets, though the published types do not have
 * it; or an unread socket, whose handle moves
 * @returns undefined when nothing came
 */
export function givenSocket(handle: unknown): GivenSocket | undefined {
  if (typeof handle !== 'object' || handle === null) return undefined;
  // net sets the last three in a copy, to these very values: a copy that grows gets a shape of its own (V8), which makes all
  // of it ten times as dear.
  const options = {
    handle: handle instanceof Socket ? handleOf(handle) : handle,
    allowHalfOpen: true,
    readable: true,
    writable: true,
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  };
  return new GivenSocket(options);
}

function handleOf(socket: Socket): object | null {
  const holder = socket as unknown as { _handle: object | null };
  const handle = holder._handle;
  holder._handle = null;
  return handle;
}
