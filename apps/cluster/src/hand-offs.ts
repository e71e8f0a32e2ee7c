import type { ChildProcess, SendHandle } from 'node:child_process';
import type { Socket } from 'node:net';
import type { HandedOff, HandOffListener, HandOffTarget } from '@pinwheel/proxy';
import { handOffMessage, readHandOffReport } from '@pinwheel/protocol';

/** The WebSocket connections that were given to one node, over the IPC channel of its process. */
export class HandOffs implements HandOffTarget {
  #child: ChildProcess | undefined;
  #next = 1;
  readonly #given = new Map<number, HandOffListener>();
  readonly #isReady: () => boolean;

  /** @param isReady the process serves */
  constructor(isReady: () => boolean) {
    this.#isReady = isReady;
  }

  /** Uses this process from now on. When it ends, what it held has ended. */
  attach(child: ChildProcess): void {
    this.#child = child;
    child.on('message', this.#onMessage);
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
      child.off('message', this.#onMessage);
      const lost = [...this.#given.values()];
      this.#given.clear();
      for (const listener of lost) listener.onEnded(undefined);
    });
  }

  get available(): boolean {
    return this.#child?.connected === true && this.#isReady();
  }

  /** Connections that the process has, or is about to have. */
  get size(): number {
    return this.#given.size;
  }

  give(socket: Socket, text: string, idleMs: number, listener: HandOffListener): HandedOff {
    const id = this.#next++;
    const child = this.#child;
    this.#given.set(id, listener);
    const failed = (error: Error | null): void => {
      if (error === null) return;
      if (this.#given.delete(id)) listener.onRefused();
    };
    if (child === undefined) failed(new Error('the node has just ended'));
    else child.send(handOffMessage({ id, text, idleMs }), travelling(socket), { keepOpen: true }, failed);
    return {
      destroy: () => {
        if (this.#given.has(id)) this.#child?.send(handOffMessage({ id, event: 'close' }));
      },
    };
  }

  readonly #onMessage = (message: unknown): void => {
    const report = readHandOffReport(message);
    if (report === undefined) return;
    for (const id of report.taken) this.#given.get(id)?.onTaken();
    for (const id of report.refused) this.#leave(id)?.onRefused();
    for (const [id, status, bytesReceived, bytesSent] of report.ended) {
      this.#leave(id)?.onEnded({ status, bytesReceived, bytesSent });
    }
  };

  #leave(id: number): HandOffListener | undefined {
    const listener = this.#given.get(id);
    this.#given.delete(id);
    return listener;
  }
}

interface WithHandle {
  readonly _handle?: object | null;
}

/**
 * What is sent of a connection: the handle below the socket, of which the node makes a socket in its own, cheaper way.
 * Node sends it as readily, though its published types do not have it. Where a runtime keeps it elsewhere the socket goes.
 */
function travelling(socket: Socket): SendHandle {
  return ((socket as unknown as WithHandle)._handle ?? socket) as SendHandle;
}
