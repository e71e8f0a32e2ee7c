import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HandOffOffer, offerText } from '@pinwheel/protocol';

/** A libuv pipe that carries handles. Not in the published types, like all that is made of it here. */
interface Pipe {
  /** Bytes that wait. */
  readonly writeQueueSize: number;
  /** @returns 0, or the system's error, negative */
  writeLatin1String(request: WriteRequest, text: string, handle: object): number;
}

interface WriteRequest {
  oncomplete: (status: number) => void;
}

interface Bindings {
  readonly Pipe: new (type: number) => Pipe;
  readonly constants: { readonly IPC: number };
  readonly WriteWrap: new () => WriteRequest;
}

/** Bytes of the system's buffer that offers under way may take: well below what it holds (Linux: 212,992). */
const UNDER_WAY = 131_072;

interface Waiting {
  readonly offer: HandOffOffer;
  readonly handle: object;
}

/**
 * A pipe on which a node is given connections. The IPC channel of `child_process` gives one connection after the other, each
 * acknowledged, in JSON: a pipe of our own costs both processes a third less CPU time per connection.
 *
 * No more is written than the system takes at once: a write that waits would refer to a handle that may be closed
 * meanwhile. What is too much waits here.
 */
export class HandOffPipe {
  readonly #pipe: Pipe;
  readonly #WriteWrap: Bindings['WriteWrap'];
  /** Around the pipe: closes it. */
  readonly #socket: Socket;
  #processEnd: Socket | undefined;
  /** Bytes of the system's buffer, at most, by the id of the connection. */
  readonly #underWay = new Map<number, number>();
  #bytes = 0;
  readonly #waiting = new Map<number, Waiting>();
  /** The process reads it. */
  #read = false;
  onRefused: (id: number) => void = () => undefined;

  private constructor({ WriteWrap }: Bindings, pipe: Pipe, socket: Socket, processEnd: Socket) {
    this.#WriteWrap = WriteWrap;
    this.#pipe = pipe;
    this.#socket = socket;
    this.#processEnd = processEnd;
    socket.unref();
    processEnd.unref();
    // The process is gone.
    socket.on('error', () => undefined);
  }

  /** Makes one; undefined where the runtime or the system does not have such pipes. */
  static async make(): Promise<HandOffPipe | undefined> {
    const bindings = bindingsOfRuntime();
    if (bindings === undefined) return undefined;
    const folder = await mkdtemp(join(tmpdir(), 'pinwheel-pipe-'));
    try {
      const path = join(folder, 'pipe');
      const server = createServer({ pauseOnConnect: true }).listen(path);
      await once(server, 'listening');
      const accepted = once(server, 'connection');
      const pipe = new bindings.Pipe(bindings.constants.IPC);
      const socket = new Socket({ handle: pipe, readable: false } as object);
      await once(socket.connect(path), 'connect');
      const [processEnd] = (await accepted) as [Socket];
      server.close();
      return new HandOffPipe(bindings, pipe, socket, processEnd);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** The end for the process, to be inherited by it; undefined when it has been asked for. It is the caller's to destroy. */
  takeProcessEnd(): Socket | undefined {
    const end = this.#processEnd;
    this.#processEnd = undefined;
    return end;
  }

  /** The process has said that it reads it. */
  opened(): void {
    this.#read = true;
  }

  /** Whether it takes this offer, now or in a while. */
  takes({ text }: HandOffOffer): boolean {
    return this.#read && !this.#socket.destroyed && sizeOf(text) <= UNDER_WAY / 2;
  }

  /** @param handle of the connection; stays open until the process has it */
  give(offer: HandOffOffer, handle: object): void {
    if (this.#waiting.size === 0 && this.#bytes + sizeOf(offer.text) <= UNDER_WAY) this.#write(offer, handle);
    else this.#waiting.set(offer.id, { offer, handle });
  }

  /** @returns false when it is on its way to the process */
  withdraw(id: number): boolean {
    return this.#waiting.delete(id);
  }

  /** The process has told of a connection. */
  arrived(id: number): void {
    const size = this.#underWay.get(id);
    if (size === undefined) return;
    this.#underWay.delete(id);
    this.#bytes -= size;
    for (const [next, { offer, handle }] of this.#waiting) {
      if (this.#bytes + sizeOf(offer.text) > UNDER_WAY) return;
      this.#waiting.delete(next);
      this.#write(offer, handle);
    }
  }

  /** Gives no more; what waits is refused. */
  close(): void {
    this.#socket.destroy();
    this.#processEnd?.destroy();
    const refused = [...this.#waiting.keys()];
    this.#waiting.clear();
    for (const id of refused) this.onRefused(id);
  }

  #write(offer: HandOffOffer, handle: object): void {
    const { id } = offer;
    const size = sizeOf(offer.text);
    this.#underWay.set(id, size);
    this.#bytes += size;
    const request = new this.#WriteWrap();
    request.oncomplete = (status) => {
      if (status < 0) this.#failed(id);
    };
    const error = this.#socket.destroyed ? -1 : this.#pipe.writeLatin1String(request, offerText(offer), handle);
    if (error !== 0) this.#failed(id);
    // The process gets what it was given wholly; closing cancels the rest, and whoever is told of that tries elsewhere.
    else if (this.#pipe.writeQueueSize > 0) this.close();
  }

  #failed(id: number): void {
    if (!this.#underWay.has(id)) return;
    this.onRefused(id);
    this.arrived(id);
  }
}

/** At most, in the system's buffer: it takes memory in powers of two, and some for each message. */
function sizeOf(text: string): number {
  return 2 * text.length + 1_024;
}

function bindingsOfRuntime(): Bindings | undefined {
  // How much fits is known of Linux only.
  if (process.platform !== 'linux') return undefined;
  const { binding } = process as unknown as { readonly binding?: (name: string) => object };
  if (binding === undefined) return undefined;
  try {
    const named = (name: string): object => Reflect.apply(binding, process, [name]);
    const found = { ...named('pipe_wrap'), ...named('stream_wrap') } as Partial<Bindings>;
    const { Pipe, WriteWrap, constants } = found;
    const known = Pipe !== undefined && WriteWrap !== undefined && constants?.IPC !== undefined;
    return known && 'writeLatin1String' in Pipe.prototype ? { Pipe, WriteWrap, constants } : undefined;
  } catch {
    // Another runtime than the one this was written for.
    return undefined;
  }
}
