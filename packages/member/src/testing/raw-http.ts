import { connect } from 'node:net';

/**
 * Writes `text` on a new connection and gives all that comes until the other side ends it, or undefined when it resets
 * the connection.
 *
 * @param ms ends the wait, default 3,000
 */
export function exchange(port: number, text: string | Buffer, ms = 3_000): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => {
      clearTimeout(timer);
      resolve(received === '' ? undefined : received);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
    socket.write(text);
  });
}
