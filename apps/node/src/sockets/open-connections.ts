import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Roster } from '@pinwheel/roster';

/**
 * The connections of an HTTP server, upgraded ones too, which `http.closeAllConnections` leaves open
 * (https://github.com/nodejs/node/issues/53536).
 */
export class OpenConnections {
  readonly #open = new Roster<Socket>();

  /** Keeps the connections that `http` accepts or is given from now on. */
  watch(http: Server): void {
    http.on('connection', (socket) => {
      const place = this.#open.join(socket);
      socket.once('close', () => this.#open.leave(place));
    });
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
