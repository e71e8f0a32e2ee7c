import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** All plain sockets read into this buffer: its contents are processed before the next read begins. */
const shared = Buffer.allocUnsafe(256 * 1_024);

/** Receives the bytes from `start` to `end` of `chunk`, which are valid until the call returns. */
export type OnBytes = (chunk: Buffer, start: number, end: number) => void;

/**
 * Opens a connection, over TLS for `https:`, and passes its bytes to the reader. The caller listens to `error` and
 * `close`.
 */
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

/** The URL for the nth client. */
export function urlFor(urls: readonly string[], index: number): URL {
  return new URL(urls[index % urls.length] ?? '');
}

/** Opens `count` connections, a few at a time, so that no listen queue overflows. */
export async function openAll<T>(count: number, atOnce: number, open: (index: number) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let from = 0; from < count; from += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, count - from) }, (_, index) => open(from + index));
    all.push(...(await Promise.all(batch)));
  }
  return all;
}
