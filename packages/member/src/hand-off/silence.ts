import type { Place } from '@pinwheel/roster';
import { Roster } from '@pinwheel/roster';
import type { Socket } from 'node:net';

/** Milliseconds between two checks. */
const CHECK = 1_000;

/** A watched connection. */
export interface Watched {
  readonly socket: Socket;
  readonly limit: number;
  /** Bytes both ways at the last check, and the time of the last check that found more. */
  bytes: number;
  since: number;
}

/**
 * Closes connections on which no byte has moved for too long. One timer checks all of them once a second, so that a message
 * costs nothing; each message would restart a timeout of its socket.
 */
export class Silence {
  readonly #watched = new Roster<Watched>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * Watches a connection until {@link forget}.
   *
   * @param limit milliseconds, observed to a second
   */
  watch(socket: Socket, limit: number): Place<Watched> {
    this.#timer ??= setInterval(this.#check, CHECK).unref();
    return this.#watched.join({ socket, limit, bytes: -1, since: performance.now() });
  }

  forget(watched: Place<Watched>): void {
    this.#watched.leave(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #check = (): void => {
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
