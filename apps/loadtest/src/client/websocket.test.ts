import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Manager } from 'socket.io-client';
import { type WebSocket, WebSocketServer } from 'ws';
import { causeOf } from './cause.js';
import { FrameReader, OPCODE } from './frame-reader.js';
import { frameOf } from './frame-writer.js';
import { LeanWebSocket } from './websocket.js';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** The events of a reader for bytes that arrive in pieces. */
function read(bytes: Buffer, pieces: readonly number[]): unknown[] {
  const got: unknown[] = [];
  const reader = new FrameReader({
    onText: (text) => got.push(text),
    onBinary: (binary) => got.push(Buffer.from(binary)),
    onControl: (opcode, binary) => got.push([opcode, binary.toString()]),
  });
  // All pieces are read into the same memory, as on a connection.
  const shared = Buffer.alloc(bytes.length);
  let at = 0;
  for (const piece of [...pieces, bytes.length]) {
    const end = Math.min(bytes.length, at + piece);
    bytes.copy(shared, 0, at, end);
    reader.read(shared, 0, end - at);
    at = end;
  }
  return got;
}

function frame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

describe('a message of a server', () => {
  it('is read in pieces of any size', () => {
    const message = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.constant('x'.repeat(126)),
      fc.constant('ü'.repeat(40_000)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(300), { maxLength: 30 }), (messages, pieces) => {
        const bytes = messages.map((one) => frame(typeof one === 'string' ? 0x81 : 0x82, Buffer.from(one)));
        expect(read(Buffer.concat(bytes), pieces)).toEqual(messages);
      }),
    );
  });

  it('may consist of several frames with a ping between them', () => {
    const bytes = [
      frame(0x01, Buffer.from('a')),
      frame(0x89, Buffer.from('?')),
      frame(0x00, Buffer.from('b')),
      frame(0x80, Buffer.from('c')),
    ];
    expect(read(Buffer.concat(bytes), [1, 1, 1])).toEqual([[OPCODE.ping, '?'], 'abc']);
  });

  it.each([
    ['a reserved bit', frame(0xc1, Buffer.alloc(1)), 'RSV1 must be clear'],
    ['a mask', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0]), 'MASK must be clear'],
    ['an unknown opcode', frame(0x83, Buffer.alloc(1)), 'invalid opcode 3'],
    ['a continuation without a beginning', frame(0x80, Buffer.alloc(1)), 'invalid opcode 0'],
    ['a ping in parts', frame(0x09, Buffer.alloc(1)), 'FIN must be set'],
    ['a long ping', frame(0x89, Buffer.alloc(126)), 'invalid payload length 126'],
    ['bytes that are not UTF-8', frame(0x81, Buffer.from([0xff])), 'invalid UTF-8 sequence'],
  ])('is refused with %s', (_, bytes, message) => {
    expect(() => read(bytes, [])).toThrow(`Invalid WebSocket frame: ${message}`);
  });
});

it('ws reads the messages of a client: short and long, text and bytes', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const messages = ['', 'short', 'ü'.repeat(100), 'x'.repeat(20_000), '€'.repeat(30_000), randomBytes(300)];
  const got: unknown[] = [];
  const all = new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer, isBinary) => {
        got.push(isBinary ? data : data.toString());
        if (got.length === messages.length) resolve();
      });
    });
  });
  const socket = connect(port, '127.0.0.1');
  closing.unshift(() => socket.destroy());
  socket.write(
    `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  await once(socket, 'data');
  for (const one of messages)
    socket.write(frameOf(typeof one === 'string' ? OPCODE.text : OPCODE.binary, one), 'latin1');
  await all;
  expect(got).toEqual(messages);
});

it('messages that bypass the library wait while the connection is full, and all stay in order', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  closing.push(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const manager = new Manager(`http://127.0.0.1:${port}`, {
    reconnection: false,
    transports: [LeanWebSocket] as unknown as string[],
    transportOptions: { websocket: { take: () => false } },
  });
  closing.unshift(() => manager.engine.close());
  const opened = new Promise<void>((resolve) => {
    manager.once('open', resolve);
  });
  const [accepted] = (await once(server, 'connection')) as [WebSocket];
  accepted.send('0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}');
  await opened;
  accepted.pause();
  const { engine } = manager;
  const { transport } = engine;
  if (!(transport instanceof LeanWebSocket)) throw new Error('expected the lean WebSocket');
  const got: string[] = [];
  const last = new Promise<void>((resolve) => {
    accepted.on('message', (data: Buffer) => {
      const text = data.toString('latin1', 0, 8);
      got.push(text);
      if (text === '4last') resolve();
    });
  });
  const sent: string[] = [];
  const text = (): string => String(sent.length).padStart(7, '0') + 'x'.repeat(100_000);
  while (transport.sendNow(text())) sent.push(`4${String(sent.length).padStart(7, '0')}`);
  expect(sent.length).toBeGreaterThan(1);
  engine.write('last');
  expect(transport.sendNow('too early')).toBe(false);
  const drained = new Promise<void>((resolve) => {
    engine.once('drain', resolve);
  });
  accepted.resume();
  await last;
  expect(got).toEqual([...sent, '4last']);
  await drained;
  expect(transport.sendNow('again')).toBe(true);
});

/** The error of socket.io-client when a server answers the first bytes with `answer`. */
async function failure(answer: (request: string, socket: Socket) => void, transports: unknown[]): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes: Buffer) => answer(bytes.toString('latin1'), socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const manager = new Manager(`http://127.0.0.1:${port}`, {
    reconnection: false,
    transports: transports as string[],
    transportOptions: { websocket: { take: () => false } },
  });
  const error = await new Promise<Error>((resolve) => {
    manager.once('error', resolve);
  });
  return causeOf(error);
}

describe('a failed attempt has the same cause as with the library:', () => {
  const accept = (request: string): string =>
    createHash('sha1')
      .update(`${/sec-websocket-key: (\S+)/i.exec(request)?.[1] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
  const open = (request: string, more = ''): string =>
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept(request)}\r\n${more}\r\n`;

  it.each<[string, (request: string, socket: Socket) => void, string]>([
    ['a status', (_, socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'), 'websocket: 502'],
    ['nothing', (_, socket) => socket.end(), 'websocket: socket hang up'],
    ['a reset', (_, socket) => socket.resetAndDestroy(), 'websocket: ECONNRESET'],
    ['no HTTP', (_, socket) => socket.end('SSH-2.0-x\r\n'), 'websocket: Parse Error: Expected HTTP/, RTSP/ or ICE/'],
    [
      'a wrong key',
      (request, socket) => socket.end(open(`x${request.replace(/key: ./i, 'key: ')}`)),
      'websocket: Invalid Sec-WebSocket-Accept header',
    ],
    [
      'no upgrade',
      (request, socket) => socket.end(open(request).replace('Upgrade: websocket\r\n', '')),
      'websocket: 101',
    ],
    [
      'a bad frame',
      (request, socket) => socket.write(Buffer.concat([Buffer.from(open(request)), Buffer.from([0xc1, 0])])),
      'websocket: Invalid WebSocket frame: RSV1 must be clear',
    ],
  ])('%s', async (_, answer, cause) => {
    expect(await failure(answer, ['websocket'])).toBe(cause);
    expect(await failure(answer, [LeanWebSocket])).toBe(cause);
  });
});
