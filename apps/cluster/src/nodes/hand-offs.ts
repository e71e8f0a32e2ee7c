import type { ChildProcess, SendHandle } from 'node:child_process';
import type { Socket } from 'node:net';
import type { HandedOff, HandOffListener, HandOffTarget } from '@pinwheel/proxy';
import { handOffMessage, readHandOffReport, saysPipeOpen } from '@pinwheel/protocol';
import { IdTable } from '@pinwheel/roster';
import { handleOf, HandOffPipe } from '@pinwheel/raw-socket';

/** The WebSocket connections handed off to one node, over the IPC channel of its process or the hand-off pipe beside it. */
export class HandOffs implements HandOffTarget {
  #child: ChildProcess | undefined;
  #pipe: HandOffPipe | undefined;
  /** The pipe for the process that is started next. */
  #nextPipe: HandOffPipe | undefined;
  #closed = false;
  #next = 1;
  readonly #given = new IdTable<Given>();
  readonly #isReady: () => boolean;

  /** @param isReady true while the process serves */
  constructor(isReady: () => boolean) {
    this.#isReady = isReady;
  }

  /** Makes the pipe for the process that is started next, where pipes are possible. */
  async prepare(): Promise<void> {
    if (this.#nextPipe !== undefined || this.#closed) return;
    const pipe = await HandOffPipe.make().catch(() => undefined);
    if (this.#closed) pipe?.close();
    else this.#nextPipe = pipe;
  }

  /** The end of the pipe that the process being started inherits, for the caller to destroy; undefined without a pipe. */
  takeProcessEnd(): Socket | undefined {
    return this.#nextPipe?.takeProcessEnd();
  }

  /** Hands off to this process from now on. When it exits, its connections have ended. */
  attach(child: ChildProcess): void {
    const pipe = this.#nextPipe;
    this.#child = child;
    this.#pipe = pipe;
    this.#nextPipe = undefined;
    if (pipe !== undefined) {
      pipe.onRefused = (id) => this.#leave(id)?.listener.onRefused();
      void this.prepare();
    }
    child.on('message', this.#onMessage);
    child.once('exit', () => {
      if (this.#child === child) this.#child = this.#pipe = undefined;
      child.off('message', this.#onMessage);
      const lost = this.#given.takeAll();
      pipe?.close();
      for (const { listener } of lost) listener.onEnded(undefined);
    });
  }

  /** Closes the pipe for the next process. Call it when no further process will be started. */
  close(): void {
    this.#closed = true;
    this.#nextPipe?.close();
    this.#nextPipe = undefined;
  }

  get available(): boolean {
    return this.#child?.connected === true && this.#isReady();
  }

  /** Connections that the process has, and those in flight to it. */
  get size(): number {
    return this.#given.size;
  }

  give(socket: Socket, text: string, idleMs: number, listener: HandOffListener): HandedOff {
    const offer = { id: this.#next++, text, idleMs };
    const handle = handleOf(socket);
    const given = new Given(this, offer.id, listener);
    this.#given.set(offer.id, given);
    if (handle !== undefined && this.#pipe?.takes(offer) === true) {
      given.byPipe = true;
      this.#pipe.give(offer, handle);
      return given;
    }
    const failed = (error: Error | null): void => {
      if (error !== null) this.#leave(offer.id)?.listener.onRefused();
    };
    // The node makes its own, cheaper kind of socket of a handle. The IPC channel carries handles too, though the published
    // types of Node do not say so.
    const travelling = (handle ?? socket) as SendHandle;
    if (this.#child === undefined) failed(new Error('the node has just exited'));
    else this.#child.send(handOffMessage(offer), travelling, { keepOpen: true }, failed);
    return given;
  }

  /** Makes the process close a connection. */
  end(given: Given): void {
    if (this.#given.get(given.id) === undefined) return;
    if (given.byPipe && this.#pipe?.withdraw(given.id) === true) this.#given.take(given.id);
    // An order on the channel could overtake the offer on the pipe, so it waits until the offer has arrived.
    else if (given.byPipe && !given.taken) given.unwanted = true;
    else this.#child?.send(handOffMessage({ id: given.id, event: 'close' }));
  }

  readonly #onMessage = (message: unknown): void => {
    const report = readHandOffReport(message);
    if (report === undefined) {
      if (saysPipeOpen(message)) this.#pipe?.opened();
      return;
    }
    for (const id of report.taken) this.#onTaken(id);
    for (const id of report.refused) this.#leave(id)?.listener.onRefused();
    for (const [id, status, bytesReceived, bytesSent] of report.ended) {
      this.#leave(id)?.listener.onEnded({ status, bytesReceived, bytesSent });
    }
  };

  #onTaken(id: number): void {
    this.#pipe?.arrived(id);
    const given = this.#given.get(id);
    if (given === undefined) return;
    given.taken = true;
    if (given.unwanted) this.end(given);
    given.listener.onTaken();
  }

  #leave(id: number): Given | undefined {
    this.#pipe?.arrived(id);
    return this.#given.take(id);
  }
}

/** A connection from its hand-off to its end. */
class Given implements HandedOff {
  byPipe = false;
  taken = false;
  /** It has to be closed as soon as the process has taken it. */
  unwanted = false;

  constructor(
    readonly owner: HandOffs,
    readonly id: number,
    readonly listener: HandOffListener,
  ) {}

  destroy(): void {
    this.owner.end(this);
  }
}
