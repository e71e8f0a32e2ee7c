import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { WebSocketServer } from 'ws';

/** The recipe's WebSocket server: it records each message and answers it. */
export interface EchoServer {
  readonly port: number;
  /** `Received from client: ...`, in order. */
  readonly received: string[];
  /** Header fields of every upgrade and plain request. */
  readonly requests: IncomingHttpHeaders[];
  stop(): Promise<void>;
}

/** @param name the response to plain HTTP requests */
export async function startEchoServer(name: string): Promise<EchoServer> {
  const received: string[] = [];
  const requests: IncomingHttpHeaders[] = [];
  const http: Server = createServer((request, response) => {
    requests.push(request.headers);
    response.end(`${name} ${request.url ?? ''}`);
  });
  const websockets = new WebSocketServer({ server: http });
  websockets.on('connection', (socket, request) => {
    requests.push(request.headers);
    socket.on('message', (data: Buffer) => {
      received.push(`Received from client: ${data.toString()}`);
      socket.send(`Server received from client: ${data.toString()}`);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    received,
    requests,
    async stop() {
      for (const socket of websockets.clients) socket.terminate();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}
