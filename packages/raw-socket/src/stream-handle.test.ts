import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { usesPlainSockets } from './insides.js';
import { readStraight, streamHandle, writeStraight } from './stream-handle.js';
import type { StreamHandle } from './stream-handle.js';

const GONE = /^write (EPIPE|ECONNRESET)$/u;
const opened: Socket[] = [];

afterEach(() => {
  vi.restoreAllMocks();
  for (const socket of opened.splice(0)) socket.destroy();
});

interface Connection {
  readonly socket: Socket;
  /** The other end. */
  readonly far: Socket;
}

/** @param buffer what the socket reads into, with the length reported to `onRead` */
async function connection(
  buffer = Buffer.alloc(1_024),
  onRead: (length: number) => void = () => undefined,
): Promise<Connection> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    onread: {
      buffer,
      callback: (length) => {
        onRead(length);
        return true;
      },
    },
  });
  opened.push(socket);
  const [[far]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [[Socket], unknown];
  opened.push(far);
  far.on('error', () => undefined);
  server.close();
  return { socket, far };
}

async function pair(...reading: Parameters<typeof connection>): Promise<Connection & { handle: StreamHandle }> {
  const { socket, far } = await connection(...reading);
  const handle = streamHandle(socket);
  if (handle === undefined) throw new Error('an open connection has no handle');
  return { socket, handle, far };
}

const never = (): void => {
  throw new Error('nothing was in flight');
};

// An empty list registers nothing, where a skipped test would count as failed in CI.
describe.each(usesPlainSockets() ? [] : ['a stream handle'])('%s', () => {
  test('exists for an open TCP connection only', async () => {
    const { socket, far } = await pair();
    expect(streamHandle(far)).toBeDefined();
    expect(streamHandle(new TLSSocket(far))).toBeUndefined();
    socket.destroy();
    expect(streamHandle(socket)).toBeUndefined();
    expect(streamHandle(new Socket())).toBeUndefined();
  });

  test('writes text and bytes that the kernel takes at once', async () => {
    const { socket, handle, far } = await pair();
    const write = vi.spyOn(socket, 'write');
    expect(writeStraight(socket, handle, 'caf\u{e9} ', never)).toBe(0);
    expect(writeStraight(socket, handle, Buffer.from('bytes'), never)).toBe(0);
    socket.end();
    far.setEncoding('latin1');
    expect((await far.toArray()).join('')).toBe('caf\u{e9} bytes');
    expect(write).not.toHaveBeenCalled();
    expect(socket.bytesWritten).toBe(10);
  });

  test.each([
    ['text', (bytes: Buffer) => bytes.toString('latin1')],
    ['bytes', (bytes: Buffer) => bytes],
  ])(
    'calls back when the kernel has taken %s that it did not take at once, and all of it arrives in order',
    async (_, out) => {
      const { socket, handle, far } = await pair();
      const sent = createHash('sha256');
      const size = 100_000;
      let left = 0;
      let onTaken = never;
      const taken = new Promise<void>((resolve) => {
        onTaken = resolve;
      });
      while (left === 0) {
        const bytes = randomBytes(size);
        sent.update(bytes);
        left = writeStraight(socket, handle, out(bytes), () => onTaken());
      }
      expect(left).toBeLessThanOrEqual(size);
      // Bytes that are written to the socket follow.
      const last = randomBytes(size);
      sent.update(last);
      socket.end(last);
      const received = createHash('sha256');
      far.on('data', (bytes: Buffer) => received.update(bytes));
      await Promise.all([taken, once(far, 'end')]);
      expect(received.digest('hex')).toBe(sent.digest('hex'));
    },
  );

  test('calls back for each of several sockets with a write in flight', async () => {
    const pairs = await Promise.all([pair(), pair(), pair()]);
    const taken = pairs.map(
      ({ socket, handle }) =>
        new Promise<void>((resolve) => {
          expect(writeStraight(socket, handle, Buffer.alloc(16_000_000), resolve)).toBeGreaterThan(0);
        }),
    );
    for (const { far } of pairs) far.resume();
    await Promise.all(taken);
  });

  test('destroys its socket when a write fails', async () => {
    const { socket, handle, far } = await pair();
    const failed = once(socket, 'error');
    far.resetAndDestroy();
    while (!socket.destroyed) writeStraight(socket, handle, 'x', never);
    expect(await failed).toEqual([expect.objectContaining({ message: expect.stringMatching(GONE), syscall: 'write' })]);
  });

  test('destroys its socket when a write in flight fails', async () => {
    const { socket, handle, far } = await pair();
    socket.pause();
    const failed = once(socket, 'error');
    while (writeStraight(socket, handle, Buffer.alloc(100_000), never) === 0);
    far.resetAndDestroy();
    expect(await failed).toEqual([expect.objectContaining({ message: expect.stringMatching(GONE), syscall: 'write' })]);
  });

  test('does not call back for a write in flight when its socket is destroyed', async () => {
    const { socket, handle } = await pair();
    while (writeStraight(socket, handle, Buffer.alloc(100_000), never) === 0);
    socket.destroy();
    await once(socket, 'close');
  });

  test('passes on reads until they are given back, and leaves the end to the socket', async () => {
    const [first, second] = [Buffer.alloc(4), Buffer.alloc(16)];
    const seen: string[] = [];
    const waiting = { more: (): void => undefined };
    const { socket, handle, far } = await pair(first, (length) => {
      seen.push(`socket: ${first.toString('latin1', 0, length)}`);
      waiting.more();
    });
    const more = (): Promise<void> => new Promise((resolve) => (waiting.more = resolve));
    let buffer = first;
    const giveBack = readStraight(handle, (length) => {
      seen.push(buffer.toString('latin1', 0, length));
      buffer = second;
      if (seen.length > 1) waiting.more();
      return second;
    });
    let next = more();
    far.write('one two three');
    await next;
    expect(seen).toEqual(['one ', 'two three']);
    giveBack();
    next = more();
    far.write('four');
    await next;
    expect(seen).toHaveLength(3);
    expect(seen[2]).toMatch(/^socket: /u);
    const ended = once(socket, 'end');
    far.end();
    await ended;
  });
});

test.each(usesPlainSockets() ? ['plain sockets'] : [])('there is no stream handle with %s', async () => {
  expect(streamHandle((await connection()).socket)).toBeUndefined();
});
