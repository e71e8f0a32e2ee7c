/** http-proxy-3 in front of argv[2], on a free port; sends `{ port }` when it listens. */
import { Agent, createServer } from 'node:http';
import { createProxyServer } from 'http-proxy-3';

const proxy = createProxyServer({
  target: process.argv[2] ?? '',
  ws: true,
  xfwd: true,
  agent: new Agent({ keepAlive: true }),
});
// Clients of a benchmark end their connections when the time is up.
proxy.on('error', () => undefined);
const http = createServer((request, response) => {
  proxy.web(request, response);
});
http.on('upgrade', (request, socket, head) => {
  socket.on('error', () => socket.destroy());
  proxy.ws(request, socket, head);
});
http.listen(0, '127.0.0.1', () => {
  const address = http.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.on('disconnect', () => process.exit(0));
