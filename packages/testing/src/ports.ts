import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { until } from './until.js';

/** A port of 127.0.0.1 that is in use until `release`. */
export async function takePort(): Promise<{ port: number; release: () => Promise<void> }> {
  const { port, server } = await listen(0);
  return { port, release: () => close(server) };
}

/** A port of 127.0.0.1 that was free a moment ago: nothing listens on it, so it refuses connections. */
export async function freePort(): Promise<number> {
  const { port, release } = await takePort();
  await release();
  return port;
}

/** The first of `count` consecutive ports of 127.0.0.1 that were all free a moment ago. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const others = Array.from({ length: count - 1 }, (_, i) => isFree(first + 1 + i));
    if ((await Promise.all(others)).every(Boolean)) return first;
  }
}

/** Resolves when a connection to the port of 127.0.0.1 is accepted; rejects after 10 s. */
export async function accepts(port: number): Promise<void> {
  await until(`connections to port ${port} are accepted`, () => isOpen(port), 10_000);
}

/** Returns whether a connection to the port of 127.0.0.1 is accepted now. */
export function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function isFree(port: number): Promise<boolean> {
  try {
    await close((await listen(port)).server);
    return true;
  } catch {
    // In use.
    return false;
  }
}

async function listen(at: number): Promise<{ port: number; server: Server }> {
  const server = createServer();
  const listening = once(server, 'listening');
  server.listen(at, '127.0.0.1');
  await listening;
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error(`port ${at} was closed while it opened`);
  return { port: address.port, server };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
