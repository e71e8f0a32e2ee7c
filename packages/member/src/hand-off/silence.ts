import type { Place } from '@pinwheel/roster';
import { Roster } from '@pinwheel/roster';
import type { Socket } from 'node:net';

/** Milliseconds between two looks. */
const LOOK = 1_000;

/** A connection that is watched. */
export interface Watched {
  readonly socket: Socket;
  readonly limit: number;
  /** Bytes both ways at the last look, and when a look last found more than before. */
  bytes: number;
  since: number;
}

/**
 * Closes connections on which no byte has moved for too long. One timer looks at all of them once a second: a message
 * costs nothing, where a timeout of each socket would be moved by every one.
 */
export class Silence {
  readonly #watched = new Roster<Watched>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param limit milliseconds, to a second
   * @returns what it is forgotten by
   */
  watch(socket: Socket, limit: number): Place<Watched> {
    this.#timer ??= setInterval(this.#look, LOOK).unref();
    return this.#watched.join({ socket, limit, bytes: -1, since: performance.now() });
  }

  forget(watched: Place<Watched>): void {
    this.#watched.leave(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    const now = performance.now();
    for (const watched of this.#watched) {
      const { socket } = watched;
      const bytes = socket.bytesRead + socket.bytesWritten;
      if (bytes !== watched.bytes) {
        watched.bytes = bytes;
        watched.since = now;
      } else if (now - watched.since >= watched.limit) {
        socket.destroy();
      }
    }
  };
}
