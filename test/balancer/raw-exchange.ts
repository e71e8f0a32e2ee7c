import { once } from 'node:events';
import type { NetConnectOpts } from 'node:net';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';

export type To = NetConnectOpts & { readonly tls?: boolean; readonly before?: string | Buffer };

/**
 * Sends a text byte by byte as it is and gives all that comes back until the other side ends.
 *
 * @param to `before` goes out in the plain, before TLS begins
 * @returns a byte string
 */
export async function exchange(to: To, text: string | Buffer): Promise<string> {
  const { tls = false, before, ...where } = to;
  const plain = connect({ ...where, allowHalfOpen: true });
  await once(plain, 'connect');
  if (before !== undefined) plain.write(before, 'latin1');
  const socket = tls ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain;
  let answer = '';
  socket.setEncoding('latin1').on('data', (piece: string) => {
    answer += piece;
  });
  // A reset may take the place of the end.
  socket.on('error', () => socket.destroy());
  socket.write(text, 'latin1');
  const ended = Promise.race([once(socket, 'end'), once(socket, 'close')]);
  const timer = setTimeout(() => socket.destroy(), 10_000);
  await ended.catch(() => undefined);
  clearTimeout(timer);
  socket.destroy();
  plain.destroy();
  return answer;
}

/** The body of an answer. */
export function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

/** The first of so many ports of 127.0.0.1 in a row that are free. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await tryPort(0);
    const others = await Promise.all(
      Array.from({ length: count - 1 }, (_, i) => tryPort(first + 1 + i).catch(() => 0)),
    );
    if (others.every((port) => port > 0)) return first;
  }
}

async function tryPort(port: number): Promise<number> {
  const server = createServer();
  const listening = once(server, 'listening');
  server.listen(port, '127.0.0.1');
  await listening;
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
