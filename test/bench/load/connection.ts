import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** All plain sockets read into this one: what is in it has been looked at before the next read begins. */
const shared = Buffer.allocUnsafe(256 * 1_024);

/** Told of bytes from `start` to `end` of `chunk`, which are there until the call returns. */
export type OnBytes = (chunk: Buffer, start: number, end: number) => void;

/** Opens a connection, over TLS to `https:`, and hands out what comes. The caller listens to `error` and `close`. */
export function openConnection(url: URL, onOpen: () => void, onBytes: OnBytes): Socket {
  const host = url.hostname;
  const port = Number(url.port);
  if (url.protocol === 'https:') {
    const secure = connectTls({ host, port, rejectUnauthorized: false, servername: 'localhost' }, onOpen);
    secure.setNoDelay(true);
    secure.on('data', (chunk: Buffer) => onBytes(chunk, 0, chunk.length));
    return secure;
  }
  const callback = (length: number): boolean => {
    onBytes(shared, 0, length);
    return true;
  };
  const socket = connect({ host, port, noDelay: true, onread: { buffer: shared, callback } });
  socket.once('connect', onOpen);
  return socket;
}

/** The url for the nth client. */
export function urlFor(urls: readonly string[], index: number): URL {
  return new URL(urls[index % urls.length] ?? '');
}

/** Opens so many, a few at a time, so that no queue of a listener is flooded. */
export async function openAll<T>(count: number, atOnce: number, open: (index: number) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let from = 0; from < count; from += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, count - from) }, (_, index) => open(from + index));
    all.push(...(await Promise.all(batch)));
  }
  return all;
}
