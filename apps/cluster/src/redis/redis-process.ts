/**
 * The embedded Redis, a program that the cluster forks. It listens on 127.0.0.1 (PORT, 0 for a free one), sends
 * `{ type: 'listening', port }`, and exits on SIGTERM or when the cluster exits.
 */
import { createRedisCommandExecutor, RedisServerState, Resp2Server } from 'js-redis-server/core';

const resp = new Resp2Server({
  server: new RedisServerState({ databaseCount: 16 }),
  executor: createRedisCommandExecutor(),
  logger: { error: (message) => console.error(message instanceof Error ? message.message : message) },
});

const end = (): never => process.exit(0);
process.once('SIGTERM', end);
process.once('SIGINT', end);
process.once('disconnect', end);
if (!process.connected) end();

// Without this a message to several nodes waits 40 ms for the acknowledgement of the previous one (Nagle and delayed ACK).
resp.server.on('connection', (socket) => socket.setNoDelay(true));
resp.server.once('error', (error) => {
  console.error(`cannot listen: ${error.message}`);
  process.exit(1);
});
// Resp2Server.listen would bind all addresses, but this server has no password.
resp.server.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 0) }, () => {
  process.send?.({ type: 'listening', port: resp.getPort() });
});
