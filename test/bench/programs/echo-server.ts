import type { Server as HttpServer } from 'node:http';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';

/**
 * The backend of the proxies: Socket.IO on /socket.io/ (event `echo` is acknowledged with its argument), plain
 * WebSocket echo on any other path, without compression.
 */
export function createEchoServer(): { readonly http: HttpServer; readonly io: Server } {
  const http = createServer((_request, response) => response.end('echo'));
  const io = new Server(http, { destroyUpgrade: false });
  io.on('connection', (socket) => {
    socket.emit('server', { server: 'echo' });
    socket.on('echo', (value: unknown, ack: unknown) => {
      if (typeof ack === 'function') ack(value);
    });
  });
  const echo = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  http.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith('/socket.io/') === true) return;
    echo.handleUpgrade(request, socket, head, (client) => {
      client.on('message', (data, binary) => client.send(data, { binary }));
      // Clients may disconnect at any time; the errors of their sockets are ignored.
      client.on('error', () => client.terminate());
    });
  });
  return { http, io };
}
