import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HandOffOffer, offerText } from '@pinwheel/protocol';
import { insides } from './insides.js';
import type { Insides, Pipe } from './insides.js';

/** Bytes of the kernel's buffer that offers in flight may take: well below what it holds (Linux: 212,992). */
const IN_FLIGHT = 131_072;

interface Waiting {
  readonly offer: HandOffOffer;
  readonly handle: object;
}

/**
 * A pipe over which a node's process receives connections. The IPC channel of `child_process` sends one connection
 * after the other, each acknowledged, in JSON: this pipe costs both processes about half the CPU time per connection
 * (README).
 *
 * It writes only what the kernel takes at once, because a write that waits would refer to a handle that may be closed
 * meanwhile. The rest waits here.
 */
export class HandOffPipe {
  readonly #pipe: Pipe;
  readonly #WriteWrap: Insides['WriteWrap'];
  /** Around the pipe: closes it. */
  readonly #socket: Socket;
  #processEnd: Socket | undefined;
  /** Bytes that each connection takes of the kernel's buffer, at most, by the id of the connection. */
  readonly #inFlight = new Map<number, number>();
  #bytes = 0;
  readonly #waiting = new Map<number, Waiting>();
  /** True once the process reads the pipe. */
  #read = false;
  onRefused: (id: number) => void = () => undefined;

  private constructor({ WriteWrap }: Insides, pipe: Pipe, socket: Socket, processEnd: Socket) {
    this.#WriteWrap = WriteWrap;
    this.#pipe = pipe;
    this.#socket = socket;
    this.#processEnd = processEnd;
    socket.unref();
    processEnd.unref();
    // An error means that the process has exited, which its exit event reports.
    socket.on('error', () => undefined);
  }

  /** Makes a pipe; undefined with plain sockets, and on systems other than Linux. */
  static async make(): Promise<HandOffPipe | undefined> {
    const node = insides();
    // The size of the kernel's buffer is known for Linux only.
    if (node === undefined || process.platform !== 'linux') return undefined;
    const folder = await mkdtemp(join(tmpdir(), 'pinwheel-pipe-'));
    try {
      const path = join(folder, 'pipe');
      const server = createServer({ pauseOnConnect: true }).listen(path);
      await once(server, 'listening');
      const accepted = once(server, 'connection');
      const pipe = new node.Pipe(node.constants.IPC);
      const socket = new Socket({ handle: pipe, readable: false } as object);
      await once(socket.connect(path), 'connect');
      const [processEnd] = (await accepted) as [Socket];
      server.close();
      return new HandOffPipe(node, pipe, socket, processEnd);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** The end that the process inherits, for the caller to destroy; undefined after the first call. */
  takeProcessEnd(): Socket | undefined {
    const end = this.#processEnd;
    this.#processEnd = undefined;
    return end;
  }

  /** Allows offers from now on. Call it when the process reports that it reads the pipe. */
  opened(): void {
    this.#read = true;
  }

  /** True when this offer can go over the pipe, now or a little later. */
  takes({ text }: HandOffOffer): boolean {
    return this.#read && !this.#socket.destroyed && sizeOf(text) <= IN_FLIGHT / 2;
  }

  /** @param handle the connection's; it must stay open until the process has it */
  give(offer: HandOffOffer, handle: object): void {
    if (this.#waiting.size === 0 && this.#bytes + sizeOf(offer.text) <= IN_FLIGHT) this.#write(offer, handle);
    else this.#waiting.set(offer.id, { offer, handle });
  }

  /** Takes an offer back. @returns false when it is in flight to the process already */
  withdraw(id: number): boolean {
    return this.#waiting.delete(id);
  }

  /** Counts a connection's bytes as read from the kernel's buffer. Call it when the process reports the connection. */
  arrived(id: number): void {
    const size = this.#inFlight.get(id);
    if (size === undefined) return;
    this.#inFlight.delete(id);
    this.#bytes -= size;
    for (const [next, { offer, handle }] of this.#waiting) {
      if (this.#bytes + sizeOf(offer.text) > IN_FLIGHT) return;
      this.#waiting.delete(next);
      this.#write(offer, handle);
    }
  }

  /** Gives no further connection, and refuses those that wait. */
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
    this.#inFlight.set(id, size);
    this.#bytes += size;
    const request = new this.#WriteWrap();
    request.oncomplete = (status) => {
      if (status < 0) this.#failed(id);
    };
    const error = this.#socket.destroyed ? -1 : this.#pipe.writeLatin1String(request, offerText(offer), handle);
    if (error !== 0) this.#failed(id);
    // The process gets every offer that was written whole. Closing refuses the others, which then go to another peer.
    else if (this.#pipe.writeQueueSize > 0) this.close();
  }

  #failed(id: number): void {
    if (!this.#inFlight.has(id)) return;
    this.onRefused(id);
    this.arrived(id);
  }
}

/**
 * The most memory that an offer takes in the kernel's buffer, which allocates powers of two and adds some for each
 * message.
 */
function sizeOf(text: string): number {
  return 2 * text.length + 1_024;
}
