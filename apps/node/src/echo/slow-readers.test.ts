import { once } from 'node:events';
import { until } from '@pinwheel/testing/until';
import type { Server } from 'socket.io';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { afterwards, node } from '../testing/index.js';

/** A Socket.IO client over a bare WebSocket, which can stop reading. */
async function rawClient(url: string): Promise<{ socket: WebSocket; received: string[] }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  afterwards(() => socket.terminate());
  const received: string[] = [];
  socket.on('message', (data: Buffer) => received.push(data.toString()));
  await once(socket, 'open');
  socket.send('40');
  await until('the client is connected', () => received.some((packet) => packet.startsWith('42["server"')));
  received.length = 0;
  return { socket, received };
}

it('closes the session of a client that does not read broadcasts, and other clients get all of them', async () => {
  const lines: string[] = [];
  const running = await node({}, lines);
  const server: Server = running.io;
  const [slow, quick] = [await rawClient(running.url), await rawClient(running.url)];
  slow.socket.pause();
  const payload = 'x'.repeat(256 * 1024);
  let sent = 0;
  await until('the session of the slow client is closed', () => {
    for (let more = 0; more < 4; more += 1) {
      server.emit('n', payload);
      server.volatile.emit('v', payload);
      sent += 1;
    }
    return lines.some((line) => /does not read: session closed with \d+ bytes waiting$/.test(line));
  });
  // The kernel holds some more than the 16 MiB; volatile messages do not wait.
  expect(sent * payload.length).toBeLessThan(64 * 1024 * 1024);
  await until('the other has all', () => quick.received.filter((packet) => packet.includes('"n"')).length === sent);
  expect(server.sockets.sockets.size).toBe(1);
});
