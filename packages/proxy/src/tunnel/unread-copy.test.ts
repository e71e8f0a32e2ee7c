import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { UnreadCopy } from './unread-copy.js';

/** Both ends of a connection; the accepted one is not read. */
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

test('the end of a copy is a clean end for the client', async () => {
  const { client, accepted } = await connection();
  client.resume();
  const ended = once(client, 'end');
  const closed = once(client, 'close');
  new UnreadCopy(accepted).end();
  await ended;
  expect(await closed).toEqual([false]);
});

test('a copy that is closed closes the connection when no other process has it', async () => {
  const { client, accepted } = await connection();
  client.resume();
  const closed = once(client, 'close');
  const copy = new UnreadCopy(accepted);
  copy.close();
  copy.close();
  copy.end();
  await closed;
});

test('the socket of a copy holds no handle any more', async () => {
  const { client, accepted } = await connection();
  client.resume();
  const copy = new UnreadCopy(accepted);
  accepted.destroy();
  await once(accepted, 'close');
  client.write('still there');
  expect(accepted.remoteAddress).toBeUndefined();
  copy.end();
  await once(client, 'close');
});

test('of a socket that is closed already there is no copy to close', async () => {
  const { client, accepted } = await connection();
  accepted.destroy();
  await once(client.resume(), 'close');
  const copy = new UnreadCopy(accepted);
  copy.end();
  copy.close();
});
