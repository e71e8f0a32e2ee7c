import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { usesPlainSockets } from './insides.js';
import { UnreadCopy } from './unread-copy.js';

/** Both ends of a connection; the accepted end is not read. */
async function connection(): Promise<{ client: Socket; accepted: Socket }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  onTestFinished(() => {
    client.destroy();
    accepted.destroy();
  });
  return { client, accepted };
}

test('ending a copy ends the connection cleanly for the client', async () => {
  const { client, accepted } = await connection();
  client.resume();
  const ended = once(client, 'end');
  const closed = once(client, 'close');
  UnreadCopy.of(accepted).end();
  await ended;
  expect(await closed).toEqual([false]);
});

test('closing a copy closes the connection when no other process has it', async () => {
  const { client, accepted } = await connection();
  client.resume();
  const closed = once(client, 'close');
  const copy = UnreadCopy.of(accepted);
  copy.close();
  copy.close();
  copy.end();
  await closed;
});

test('a copy keeps the handle only, or with plain sockets the socket', async () => {
  const { client, accepted } = await connection();
  client.resume();
  const copy = UnreadCopy.of(accepted);
  expect(accepted.remoteAddress).toBe(usesPlainSockets() ? '127.0.0.1' : undefined);
  // Without its handle the socket can be collected.
  if (!usesPlainSockets()) accepted.destroy();
  await new Promise((resolve) => client.write('still open', resolve));
  expect(client.readableEnded).toBe(false);
  copy.end();
  await once(client, 'close');
});

test('a copy of a socket that is closed already has nothing to close', async () => {
  const { client, accepted } = await connection();
  accepted.destroy();
  await once(client.resume(), 'close');
  const copy = UnreadCopy.of(accepted);
  copy.end();
  copy.close();
});
