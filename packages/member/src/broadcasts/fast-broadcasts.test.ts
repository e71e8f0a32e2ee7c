import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@pinwheel/testing/until';
import { Server } from 'socket.io';
import type { ServerOptions, Socket as ServerSocket } from 'socket.io';
import { io as connect } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { joinCluster } from '../join/join-cluster.js';
import { fastBroadcasts } from './fast-broadcasts.js';

type Message = string | Buffer;

interface Started {
  readonly io: Server;
  readonly url: string;
  /** The number of Engine.IO's writes to a client. */
  readonly flushes: () => number;
}

/** A Socket.IO server until the test ends, with fastBroadcasts or stock. */
async function start(fast: boolean, options: Partial<ServerOptions> = {}): Promise<Started> {
  const http = createServer();
  const io = new Server(http, options);
  if (fast) fastBroadcasts(io);
  io.use((_socket, next) => next());
  io.engine.use((_request: unknown, _response: unknown, next: () => void) => next());
  onTestFinished(async () => {
    await io.close();
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  let flushes = 0;
  io.engine.on('flush', () => (flushes += 1));
  return { io, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, flushes: () => flushes };
}

interface Client {
  readonly socket: WebSocket;
  readonly server: ServerSocket;
  readonly received: Message[];
}

/** A Socket.IO client over a bare WebSocket, which can stop reading, and its socket on the server. */
async function rawClient({ io, url }: Started, query = '', options = {}): Promise<Client> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query}`, options);
  onTestFinished(() => socket.terminate());
  const received: Message[] = [];
  socket.on('message', (data: Buffer, isBinary: boolean) => received.push(isBinary ? data : data.toString()));
  const connected = once(io, 'connection') as Promise<[ServerSocket]>;
  await once(socket, 'open');
  socket.send('40');
  const [server] = await connected;
  await until('the client is connected', () => received.some((packet) => String(packet).startsWith('40')));
  received.length = 0;
  return { socket, server, received };
}

/** The messages that three clients receive while `script` runs, up to a last broadcast. */
async function heard(
  fast: boolean,
  script: (io: Server, clients: readonly Client[]) => unknown,
  options: Partial<ServerOptions> = {},
): Promise<Message[][]> {
  const started = await start(fast, options);
  const clients: Client[] = [];
  for (let i = 0; i < 3; i += 1) clients.push(await rawClient(started, '', { perMessageDeflate: true }));
  await script(started.io, clients);
  started.io.emit('end');
  await until('all have the last broadcast', () =>
    clients.every(({ received, socket }) => received.includes('42["end"]') || socket.readyState !== WebSocket.OPEN),
  );
  return clients.map(({ received }) => received);
}

const LARGE = 'x'.repeat(70_000);

describe('a server with fastBroadcasts sends the same messages as stock Socket.IO', () => {
  it.each<[string, (io: Server, clients: readonly Client[]) => unknown, Partial<ServerOptions>?]>([
    ['text', (io) => ['', 'short', 'x'.repeat(126), LARGE, '\u{1f300}'].forEach((text) => io.emit('text', text))],
    [
      'binary data of every kind and length',
      (io) => {
        for (const size of [0, 1, 125, 126, 65_536]) io.emit('binary', Buffer.alloc(size, size), { size });
        io.emit('binary', new Uint8Array([1, 2]), new Uint16Array([3, 4]).buffer);
      },
    ],
    ['compressed messages', (io) => io.emit('text', LARGE), { perMessageDeflate: { threshold: 10 } }],
    ['messages without compression', (io) => io.compress(false).emit('text', LARGE)],
    ['volatile messages', (io) => io.volatile.emit('text', 1)],
    [
      'messages to rooms, and to all but some',
      (io, clients) => {
        clients.forEach(({ server }, index) => void server.join(['all', `room ${index % 2}`]));
        io.to('room 0').emit('text', 'even');
        io.to('all').except('room 0').emit('text', 'odd');
        io.to(['room 0', 'room 1']).emit('text', 'both');
        clients[0]?.server.broadcast.emit('text', 'others');
        clients[0]?.server.to('room 0').emit('text', 'others in the room');
      },
    ],
    [
      'messages of a namespace',
      async (io, clients) => {
        for (const { socket } of clients) socket.send('40/other,');
        await until('all are in it', () => io.of('/other').sockets.size === 3);
        io.of('/other').emit('text', 1);
      },
    ],
    [
      'messages to single clients between broadcasts',
      (io, clients) => {
        for (let n = 0; n < 300; n += 1) {
          if (n % 3 === 0) clients[n % 2]?.server.emit('n', n);
          else io.emit('n', n);
        }
      },
    ],
    [
      'broadcasts in separate turns of the event loop',
      async (io) => {
        for (let n = 0; n < 20; n += 1) {
          io.emit('n', n, n % 5 === 0 ? Buffer.from([n]) : n);
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
    ],
  ])('%s', async (_what, script, options) => {
    const [fast, stock] = [await heard(true, script, options), await heard(false, script, options)];
    expect(fast.map(withoutSids)).toEqual(stock.map(withoutSids));
  });
});

/** A namespace greets each client with an id of its own. */
function withoutSids(messages: readonly Message[]): Message[] {
  return messages.map((one) => (typeof one === 'string' ? one.replace(/"sid":"[^"]+"/, '"sid":""') : one));
}

describe('a broadcast of a server with fastBroadcasts', () => {
  it('goes straight to the sockets of clients that read, binary data too', async () => {
    const started = await start(true);
    const clients = [await rawClient(started), await rawClient(started), await rawClient(started)];
    const before = started.flushes();
    started.io.compress(false).volatile.emit('news', 'text');
    started.io.emit('news', Buffer.from([1, 2]));
    for (const { received } of clients) {
      await until('it has come', () => received.length === 3);
      expect(received).toEqual([
        '42["news","text"]',
        '451-["news",{"_placeholder":true,"num":0}]',
        Buffer.from([1, 2]),
      ]);
    }
    expect(started.flushes()).toBe(before);
  });

  it('goes through Engine.IO to clients with compression', async () => {
    const started = await start(true, { perMessageDeflate: true });
    const { received } = await rawClient(started, '', { perMessageDeflate: true });
    const before = started.flushes();
    started.io.emit('news', LARGE);
    await until('it has come', () => received.length === 1);
    expect(started.flushes()).toBe(before + 1);
  });

  it('goes straight with the option of joinCluster, which may come before the server is attached', async () => {
    const http = createServer();
    const io = new Server();
    joinCluster(io, { fastBroadcasts: true, signals: [] });
    io.attach(http);
    onTestFinished(async () => {
      await io.close();
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    let flushes = 0;
    const started = {
      io,
      url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
      flushes: () => flushes,
    };
    const { received } = await rawClient(started);
    io.engine.on('flush', () => (flushes += 1));
    io.emit('news');
    await until('it has come', () => received.length === 1);
    expect(flushes).toBe(0);
  });

  it('reaches clients that poll, ask for base64, or speak protocol 4 over WebSocket', async () => {
    const started = await start(true);
    const data = Buffer.from([0, 255]);
    const polling = connect(started.url, { forceNew: true, transports: ['polling'] });
    onTestFinished(() => void polling.disconnect());
    await new Promise<void>((resolve) => polling.once('connect', resolve));
    const arrived = new Promise((resolve) => polling.once('said', resolve));
    const [plain, base64] = [await rawClient(started), await rawClient(started, '&b64=1')];
    started.io.emit('said', data);
    expect(await arrived).toEqual(data);
    await until('both have it', () => plain.received.length === 2 && base64.received.length === 2);
    expect(plain.received[1]).toEqual(data);
    expect(base64.received[1]).toBe('bAP8=');
  });

  it('reaches every client that upgrades meanwhile, once and in order', async () => {
    const { io, url } = await start(true);
    let next = 0;
    const flood = setInterval(() => io.emit('n', (next += 1)), 1);
    onTestFinished(() => clearInterval(flood));
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect(url, { forceNew: true });
        onTestFinished(() => void socket.disconnect());
        const numbers: number[] = [];
        socket.on('n', (number: number) => numbers.push(number));
        await upgraded(socket);
        const after = numbers.length + 50;
        await until('some more have come', () => numbers.length > after);
        const first = numbers[0] ?? 0;
        expect(numbers).toEqual(numbers.map((_, index) => first + index));
      }),
    );
  });

  it('goes straight to a client that has upgraded', async () => {
    const started = await start(true);
    const connected = once(started.io, 'connection') as Promise<[ServerSocket]>;
    const socket = connect(started.url, { forceNew: true });
    onTestFinished(() => void socket.disconnect());
    const payloads: unknown[] = [];
    socket.on('n', (payload: unknown) => payloads.push(payload));
    await upgraded(socket);
    const [server] = await connected;
    await until('the server has upgraded', () => server.conn.transport.name === 'websocket');
    const before = started.flushes();
    started.io.emit('n', 'straight');
    await until('it has come', () => payloads.length === 1);
    expect(started.flushes()).toBe(before);
  });

  it('reaches a client whose second attempt to upgrade was refused', async () => {
    const { io, url } = await start(true);
    const open = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await open.text()).slice(1)) as { sid: string };
    const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${sid}`;
    const [first, second] = [new WebSocket(address), new WebSocket(address)];
    for (const socket of [first, second]) onTestFinished(() => socket.terminate());
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
    await until('it is connected', () => received.some((packet) => packet.startsWith('40')));
    io.emit('n', 1);
    await until('it has come', () => received.includes('42["n",1]'));
  });

  it("waits in Engine.IO's queue for a client that does not read, and no other client waits", async () => {
    const started = await start(true);
    const [slow, quick] = [await rawClient(started), await rawClient(started)];
    slow.socket.pause();
    const payload = 'x'.repeat(256 * 1024);
    const waiting = (slow.server.conn as unknown as { writeBuffer: unknown[] }).writeBuffer;
    let sent = 0;
    await until('broadcasts wait for the slow client', () => {
      for (let more = 0; more < 4; more += 1) {
        started.io.emit('n', payload);
        started.io.volatile.emit('v', payload);
        sent += 1;
      }
      const { writeBuffer } = slow.server.conn as unknown as { writeBuffer: unknown[] };
      return waiting !== writeBuffer && writeBuffer.length > 16;
    });
    await until('the quick client has all', () => quick.received.filter((one) => one.includes('"n"')).length === sent);
    slow.socket.resume();
    await until('the slow client has all', () => slow.received.filter((one) => one.includes('"n"')).length === sent);
  });

  it('does not reach a session that is closing', async () => {
    const started = await start(true);
    const { socket, server, received } = await rawClient(started);
    const closed = once(socket, 'close');
    server.conn.close();
    started.io.emit('n', 1);
    await closed;
    expect(received).toEqual([]);
  });

  it('survives clients that disconnect while it is in flight', async () => {
    const started = await start(true);
    const staying = await rawClient(started);
    const leaving: Client[] = [];
    for (let i = 0; i < 20; i += 1) leaving.push(await rawClient(started));
    let sent = 0;
    for (const [index, { socket }] of leaving.entries()) {
      if (index % 2 === 0) socket.terminate();
      else socket.close();
      for (let more = 0; more < 5; more += 1) started.io.emit('n', (sent += 1), LARGE);
      if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until('one client is left', () => started.io.sockets.sockets.size === 1);
    await until('it has all', () => staying.received.length === sent);
  });
});

/** Resolves when the client's WebSocket has taken over. To be called at once: the upgrade may come before `connect`. */
function upgraded(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.io.engine.once('upgrade', () => resolve());
  });
}
