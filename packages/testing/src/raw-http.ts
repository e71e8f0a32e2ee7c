import { once } from 'node:events';
import type { NetConnectOpts } from 'node:net';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** The target of `exchange`: options of `net.connect`, and what precedes the text. */
export type To = NetConnectOpts & {
  /** Starts TLS; the certificate is not verified. Default false. */
  readonly tls?: boolean;
  /** Sent in the clear before TLS starts, for example a PROXY protocol header. */
  readonly before?: string | Buffer;
};

/**
 * Opens a connection, sends `text` unchanged (latin1) and returns everything that arrives until the server closes or
 * resets the connection.
 *
 * @param to a port of 127.0.0.1, or more precisely where
 * @param ms closes the connection after so long, default 10,000
 * @returns a byte string, '' when nothing arrived
 * @throws when the connection cannot be opened
 */
export async function exchange(to: number | To, text: string | Buffer, ms = 10_000): Promise<string> {
  const { tls = false, before, ...where } = typeof to === 'number' ? { port: to, host: '127.0.0.1' } : { ...to };
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
  const timer = setTimeout(() => socket.destroy(), ms);
  await Promise.race([once(socket, 'end'), once(socket, 'close')]).catch(() => undefined);
  clearTimeout(timer);
  socket.destroy();
  plain.destroy();
  return answer;
}

/** The body of a response: all that follows its head. */
export function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}
