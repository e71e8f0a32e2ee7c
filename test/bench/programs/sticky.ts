/**
 * `@socket.io/sticky`: a node cluster whose primary passes connections to its one worker, an echo server. The primary
 * sends `{ port, workers }` when both are ready.
 */
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { setupMaster, setupWorker } from '@socket.io/sticky';
import { createEchoServer } from './echo-server.js';

if (cluster.isPrimary) {
  cluster.setupPrimary({ serialization: 'advanced' });
  const http = createServer();
  setupMaster(http);
  const worker = cluster.fork();
  worker.once('message', () => {
    http.listen(0, '127.0.0.1', () => {
      const address = http.address();
      process.send?.({
        port: typeof address === 'object' ? address?.port : undefined,
        workers: [worker.process.pid],
      });
    });
  });
} else {
  setupWorker(createEchoServer().io);
  process.send?.('ready');
}
process.on('disconnect', () => process.exit(0));
