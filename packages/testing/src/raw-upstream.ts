import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { onTestFinished } from 'vitest';
import { RawConnection } from './raw-connection.js';

/** A server whose bytes the test writes itself: `accept` returns each connection in order of arrival. */
export class RawUpstream {
  readonly connections: RawConnection[] = [];
  readonly #server: Server;
  #taken = 0;
  #wake: (() => void) | undefined;

  constructor(play: ((connection: RawConnection) => Promise<void>) | undefined) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = new RawConnection(socket);
      this.connections.push(connection);
      this.#wake?.();
      // `play` may still be waiting for bytes when the connection ends.
      play?.(connection).catch(() => connection.destroy());
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves with the next connection that `accept` has not returned yet. */
  async accept(): Promise<RawConnection> {
    while (this.connections.length <= this.#taken) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const connection = this.connections[this.#taken++];
    if (connection === undefined) throw new Error('no connection');
    return connection;
  }

  listen(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => resolve());
    });
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/**
 * Starts a raw server that is closed when the test has finished.
 *
 * @param play runs for each connection; without it the test takes connections with `accept`
 */
export async function startUpstream(
  play?: (connection: RawConnection) => Promise<void>,
  port = 0,
): Promise<RawUpstream> {
  const upstream = new RawUpstream(play);
  await upstream.listen('127.0.0.1', port);
  onTestFinished(() => upstream.close());
  return upstream;
}

/** For `startUpstream`: answers every request with the request's body, or with `text` when it has none. */
export function answering(text: string): (connection: RawConnection) => Promise<void> {
  return async (connection) => {
    for (;;) {
      const { body } = await connection.request();
      const answer = body === '' ? text : body;
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`);
    }
  };
}
