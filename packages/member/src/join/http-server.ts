import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The part of Socket.IO's HTTP server that is used here; `node:http`, `node:https` and `node:http2` have it. */
export interface HttpServer {
  address(): unknown;
  rawListeners(event: string): unknown[];
  removeAllListeners(event: string): unknown;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** Answers or refuses a request before all other listeners. True when it did. */
export type RequestHook = (request: IncomingMessage, response: ServerResponse) => boolean;
/** The same for an upgrade request. */
export type UpgradeHook = (request: IncomingMessage, socket: Duplex) => boolean;

/**
 * Puts hooks in front of the listeners that an HTTP server has now, Socket.IO's and the application's. Socket.IO puts itself
 * in front of the application in the same way when it is attached.
 */
export function interpose(server: HttpServer, onRequest: RequestHook, onUpgrade: UpgradeHook): void {
  before(server, 'request', onRequest as Hook);
  // A server without a listener for upgrades answers such requests as plain ones, and keeps doing so.
  if (server.rawListeners('upgrade').length > 0) before(server, 'upgrade', onUpgrade as Hook);
}

type Hook = (...args: unknown[]) => boolean;

function before(server: HttpServer, event: string, hook: Hook): void {
  const others = server.rawListeners(event) as ((...args: unknown[]) => void)[];
  server.removeAllListeners(event);
  server.on(event, (...args: unknown[]) => {
    if (hook(...args)) return;
    for (const listener of others) listener.apply(server, args);
  });
}
