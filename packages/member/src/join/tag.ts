import { createHash } from 'node:crypto';

/**
 * The tag of a server that was given none: 8 letters and digits (of a SHA-256, 47 bits) made of where it listens and what it is
 * called, so that it is the same after a restart and another for every other server.
 *
 * @param address what `httpServer.address()` says: an address and port, or the path of a socket
 */
export function defaultTag(
  hostname: string,
  server: string,
  address: string | { readonly address: string; readonly port: number },
): string {
  const place = typeof address === 'string' ? [address] : [address.address, address.port];
  return createHash('sha256')
    .update(JSON.stringify([hostname, server, ...place]))
    .digest('base64')
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 8);
}
