import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * The connection that TLS is spoken over. Node does not publish it, so nothing but what is only shown rests on it: the
 * address in a log line, and two variables.
 */
export function connectionBelow(socket: TLSSocket): Socket | undefined {
  const { _parent: below } = socket as unknown as { readonly _parent?: Socket | null };
  return below ?? undefined;
}
