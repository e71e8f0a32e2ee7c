import { createHash } from 'node:crypto';

/**
 * The default tag of a server: 8 letters and digits (47 bits of a SHA-256) derived from where it listens and its name. It is
 * the same after a restart, and differs from that of every other server.
 *
 * @param address of `httpServer.address()`: an address and port, or the path of a unix socket
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
