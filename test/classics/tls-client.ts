import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';

/** Resolves after the handshake, with any certificate; rejects when it fails. */
export async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** The response to GET `/`, head and body. The name in the handshake defaults to the host. */
export async function get(port: number, host: string, options: ConnectionOptions = {}, agent = '-'): Promise<string> {
  const socket = await handshake(port, { servername: host, ...options });
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${agent}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

/** The body of a response that is not chunked. */
export function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

/** CN of the server's certificate. */
export async function shownName(port: number, options: ConnectionOptions = {}): Promise<string> {
  const socket = await handshake(port, options);
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

/** The response to a request, whether the session was resumed, and the session to resume next. */
export async function exchange(
  port: number,
  request: string,
  options: ConnectionOptions,
): Promise<{ answer: string; reused: boolean; again: ConnectionOptions }> {
  const socket = await handshake(port, options);
  // TLS 1.3: tickets arrive after the handshake.
  let session: Buffer | undefined = socket.getProtocol() === 'TLSv1.3' ? undefined : socket.getSession();
  socket.on('session', (fresh: Buffer) => {
    session = fresh;
  });
  const reused = socket.isSessionReused();
  socket.write(request);
  const answer = await text(socket);
  return { answer, reused, again: session === undefined ? options : { ...options, session } };
}
