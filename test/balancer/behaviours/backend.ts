import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';

/** A request as the backend received it. */
export interface SeenRequest {
  /** Request line and fields, in the order received. */
  readonly head: string;
  /** The body without framing. */
  readonly body: string;
  /** Serial number of the connection, from 1. */
  readonly connection: number;
}

/** Returns the whole response as text on the wire; '' closes without a response. */
export type Answer = (request: SeenRequest) => string;

/**
 * A server that records every request and sends the given response. It closes the connection if the response has
 * `Connection: close`.
 */
export class Backend {
  readonly seen: SeenRequest[] = [];
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = port;
  }

  static async start(answer: Answer): Promise<Backend> {
    const sockets = new Set<Socket>();
    let connections = 0;
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      // A proxy may reset a connection that it no longer needs.
      socket.on('error', () => undefined);
      serve(socket, ++connections, answer, (request) => backend.seen.push(request));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const backend = new Backend(server, sockets, port);
    return backend;
  }

  /** The requests since the last call. */
  take(): SeenRequest[] {
    return this.seen.splice(0);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function serve(socket: Socket, connection: number, answer: Answer, keep: (request: SeenRequest) => void): void {
  let text = '';
  let switched = false;
  // After a 101 it echoes, and closes after a text that ends with `-end`.
  const echo = (said: string): void => {
    if (said.endsWith('-end')) socket.end(said, 'latin1');
    else socket.write(said, 'latin1');
  };
  socket.on('data', (bytes: Buffer) => {
    const said = bytes.toString('latin1');
    if (switched) {
      echo(said);
      return;
    }
    text += said;
    for (;;) {
      const whole = wholeRequest(text);
      if (whole === undefined) return;
      text = text.slice(whole.length);
      const request = { head: whole.head, body: whole.body, connection };
      keep(request);
      const reply = answer(request);
      switched = reply.startsWith('HTTP/1.1 101 ');
      if (reply === '' || /\nconnection: close\r?\n/i.test(reply)) socket.end(reply, 'latin1');
      else socket.write(reply, 'latin1');
      if (switched && text !== '') echo(text);
      if (switched) return;
    }
  });
  socket.on('end', () => socket.end());
}

/** The first request in the text; undefined until it is complete. */
function wholeRequest(text: string): { head: string; body: string; length: number } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end + 2);
  const from = end + 4;
  if (/\ntransfer-encoding: chunked\r\n/i.test(head)) {
    let body = '';
    let at = from;
    for (;;) {
      const line = text.indexOf('\r\n', at);
      if (line < 0) return undefined;
      const size = Number.parseInt(text.slice(at, line), 16);
      const next = line + 2 + size + 2;
      if (text.length < next) return undefined;
      if (size === 0) return { head, body, length: next };
      body += text.slice(line + 2, line + 2 + size);
      at = next;
    }
  }
  const size = Number(/\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? 0);
  if (text.length < from + size) return undefined;
  return { head, body: text.slice(from, from + size), length: from + size };
}

/** A 200 response with the text. */
export function ok(body: string, fields = ''): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
}
