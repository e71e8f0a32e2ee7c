import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { usesPlainSockets } from './insides.js';

/**
 * The connection below TLS. Node does not publish it, so only displayed values depend on it: the address in a log line,
 * and two variables. Undefined with plain sockets.
 */
export function underlayOf(socket: TLSSocket): Socket | undefined {
  if (usesPlainSockets()) return undefined;
  const { _parent: below } = socket as unknown as { readonly _parent?: Socket | null };
  return below ?? undefined;
}
