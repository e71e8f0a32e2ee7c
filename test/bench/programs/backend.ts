/** An echo server on a free port; sends `{ port }` when it listens. */
import { createEchoServer } from './echo-server.js';

const { http } = createEchoServer();
http.listen(0, '127.0.0.1', () => {
  const address = http.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.on('disconnect', () => process.exit(0));
