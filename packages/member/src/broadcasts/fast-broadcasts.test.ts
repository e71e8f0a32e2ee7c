import { once } from 'node:events';
import { until } from '@pinwheel/testing/until';
import type { Server } from 'socket.io';
import { io as connect } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { RunningNode } from './node.js';
import { afterwards, client, node } from './testing/index.js';

/** The server of a node, for events that are not in its contract. */
function serverOf(running: RunningNode): Server {
  return running.io;
}

/** A Socket.IO client by hand, that can stop reading. */
async function rawClient(url: string, query = ''): Promise<{ socket: WebSocket; received: (string | Buffer)[] }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query}`);
  afterwards(() => socket.terminate());
  const received: (string | Buffer)[] = [];
  socket.on('message', (data: Buffer, isBinary: boolean) => received.push(isBinary ? data : data.toString()));
  await once(socket, 'open');
  socket.send('40');
  await until('it is connected', () => received.some((packet) => String(packet).startsWith('42["server"')));
  received.length = 0;
  return { socket, received };
}

/** Resolves when the client's WebSocket has taken over. To be called at once: it may be quicker than `connect`. */
function upgraded(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.io.engine.once('upgrade', () => resolve());
  });
}

/** How often Engine.IO has written to any client. */
function countFlushes(running: RunningNode): () => number {
  let flushes = 0;
  running.io.engine.on('flush', () => (flushes += 1));
  return () => flushes;
}

describe('a broadcast', () => {
  it('goes straight to the sockets of clients that read', async () => {
    const running = await node();
    const clients = await Promise.all([1, 2, 3].map(() => rawClient(running.url)));
    const flushes = countFlushes(running);
    serverOf(running).compress(false).volatile.emit('news', 'text');
    serverOf(running).emit('news', Buffer.from([1, 2]));
    for (const { received } of clients) {
      await until('it has come', () => received.length === 3);
      expect(received).toEqual([
        '42["news","text"]',
        '451-["news",{"_placeholder":true,"num":0}]',
        Buffer.from([1, 2]),
      ]);
    }
    expect(flushes()).toBe(0);
  });

  it('is in order with what a client is sent alone', async () => {
    const running = await node();
    const { received } = await rawClient(running.url);
    const [socket] = serverOf(running).sockets.sockets.values();
    const expected: string[] = [];
    for (let number = 0; number < 1_000; number++) {
      if (number % 3 === 0) socket?.emit('n', number);
      else serverOf(running).emit('n', number);
      expected.push(`42["n",${number}]`);
      // Some in one turn of the event loop, some not.
      if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until('all have come', () => received.length >= expected.length);
    expect(received).toEqual(expected);
  });

  it('is lost to nobody who upgrades meanwhile', async () => {
    const running = await node();
    const server = serverOf(running);
    const flood = setInterval(() => server.emit('n', (next += 1)), 1);
    afterwards(() => clearInterval(flood));
    let next = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect(running.url, { forceNew: true });
        afterwards(() => socket.disconnect());
        const heard: number[] = [];
        socket.on('n', (number: number) => heard.push(number));
        await upgraded(socket);
        const after = heard.length + 50;
        await until('some more have come', () => heard.length > after);
        const first = heard[0] ?? 0;
        expect(heard).toEqual(heard.map((_, index) => first + index));
      }),
    );
  });

  it('goes straight to a client that has upgraded', async () => {
    const running = await node();
    const socket = connect(running.url, { forceNew: true });
    afterwards(() => socket.disconnect());
    const heard: unknown[] = [];
    socket.on('n', (payload: unknown) => heard.push(payload));
    await upgraded(socket);
    // The node learns of it with the client's next packet, at the latest.
    await socket.emitWithAck('echo', 1);
    const flushes = countFlushes(running);
    serverOf(running).emit('n', 'straight');
    await until('it has come', () => heard.length === 1);
    expect(flushes()).toBe(0);
  });

  it('reaches a client whose second attempt to upgrade was refused', async () => {
    const running = await node();
    const open = await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await open.text()).slice(1)) as { sid: string };
    const url = `${running.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${sid}`;
    const [first, second] = [new WebSocket(url), new WebSocket(url)];
    for (const socket of [first, second]) afterwards(() => socket.terminate());
    const closed = new Promise<WebSocket>((resolve) => {
      for (const socket of [first, second]) socket.once('close', () => resolve(socket));
    });
    const upgrading = (await closed) === first ? second : first;
    const received: string[] = [];
    upgrading.on('message', (data: Buffer) => received.push(data.toString()));
    upgrading.send('2probe');
    await until('it is probed', () => received.includes('3probe'));
    upgrading.send('5');
    upgrading.send('40');
    await until('it is connected', () => received.some((packet) => packet.startsWith('42["server"')));
    serverOf(running).emit('n', 1);
    await until('it has come', () => received.includes('42["n",1]'));
  });

  it('reaches clients of every kind: polling, b64, protocol 4 over WebSocket', async () => {
    const running = await node();
    const data = Buffer.from([0, 255]);
    const polling = await client(running.url, { transports: ['polling'] });
    const heard = new Promise((resolve) => polling.once('said', resolve));
    const [plain, base64] = [await rawClient(running.url), await rawClient(running.url, '&b64=1')];
    serverOf(running).emit('said', data);
    expect(await heard).toEqual(data);
    await until('both have it', () => plain.received.length === 2 && base64.received.length === 2);
    expect(plain.received[1]).toEqual(data);
    expect(base64.received[1]).toBe('bAP8=');
  });

  it('waits in sight for a client that does not read, whose session ends, and for nobody else', async () => {
    const told: string[] = [];
    const running = await node({}, told);
    const server = serverOf(running);
    const [slow, quick] = [await rawClient(running.url), await rawClient(running.url)];
    slow.socket.pause();
    const payload = 'x'.repeat(256 * 1024);
    let sent = 0;
    const ended = until('the session of the slow one is ended', () => {
      for (let more = 0; more < 4; more++) {
        server.emit('n', payload);
        server.volatile.emit('v', payload);
        sent += 1;
      }
      return told.some((line) => /does not read: \d+ bytes wait for it, its session is ended$/.test(line));
    });
    await ended;
    // What the operating system holds comes on top of the 16 MiB; volatile ones do not wait.
    expect(sent * payload.length).toBeLessThan(64 * 1024 * 1024);
    await until('the other has all', () => quick.received.filter((packet) => packet.includes('"n"')).length === sent);
    expect(server.sockets.sockets.size).toBe(1);
  });

  it('does not reach a session that is closing', async () => {
    const running = await node();
    const { socket, received } = await rawClient(running.url);
    const [session] = serverOf(running).sockets.sockets.values();
    const closed = once(socket, 'close');
    session?.conn.close();
    serverOf(running).emit('n', 1);
    await closed;
    expect(received).toEqual([]);
  });
});
