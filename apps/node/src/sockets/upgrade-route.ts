import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Routes upgrades on exactly `path` to `atPath` and all others to `elsewhere`. It replaces the listener of Engine.IO,
 * which takes every path that begins with its own, and destroys all other upgrades after a second
 * (https://github.com/socketio/engine.io/issues/143).
 */
export function routeUpgrades(server: Server, path: string, atPath: Upgrade, elsewhere: Upgrade): void {
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request, socket, head) => {
    // The HTTP server has removed its listeners from the socket, and a WebSocket may be refused before it has its own.
    socket.on('error', () => socket.destroy());
    const url = request.url ?? '';
    const query = url.indexOf('?');
    const pathname = query < 0 ? url : url.slice(0, query);
    (pathname === path ? atPath : elsewhere)(request, socket, head);
  });
}
