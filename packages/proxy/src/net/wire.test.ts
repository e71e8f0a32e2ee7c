import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type * as rawSocket from '@pinwheel/raw-socket';
import { usesPlainSockets } from '@pinwheel/raw-socket';
import type * as wiring from './wire.js';
import type { Wire, WireReader } from './wire.js';

type Wiring = typeof wiring;

const ignore = (): void => undefined;
const QUIET: WireReader = { onBytes: ignore, onEnd: ignore, onDrain: ignore, onClose: ignore };
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** The wire with or without stream handles. */
async function load(isThere: boolean): Promise<Wiring> {
  vi.resetModules();
  if (isThere) vi.doUnmock('@pinwheel/raw-socket');
  else {
    vi.doMock('@pinwheel/raw-socket', async (original) => ({
      ...(await original<typeof rawSocket>()),
      streamHandle: () => undefined,
    }));
  }
  return import('./wire.js');
}

/** An accepted connection as a wire, and the client's socket. */
async function pair({ acceptedWire }: Wiring, reader: WireReader): Promise<{ wire: Wire; client: Socket }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  client.on('error', ignore);
  sockets.push(client);
  const wire = acceptedWire(accepted, reader);
  sockets.push(wire.socket);
  return { wire, client };
}

describe.each([
  ['on the handle', true],
  ['on the socket, where Node does not let the handle be used', false],
])('a wire that reads and writes %s', (_where, isThere) => {
  test('the wire writes past the socket or through it', async () => {
    const { wire, client } = await pair(await load(isThere), QUIET);
    const write = vi.spyOn(wire.socket, 'write');
    wire.put('hello');
    wire.flush();
    const [bytes] = (await once(client, 'data')) as [Buffer];
    expect(bytes.toString()).toBe('hello');
    expect(write).toHaveBeenCalledTimes(isThere && !usesPlainSockets() ? 0 : 1);
    expect(wire.pending).toBe(0);
  });

  test('bytes keep their order when the other side reads late, and onDrain reports that it has taken them', async () => {
    const events = new EventEmitter();
    const drained = once(events, 'drained');
    const { wire, client } = await pair(await load(isThere), { ...QUIET, onDrain: () => events.emit('drained') });
    client.pause();
    const sent = createHash('sha256');
    let length = 0;
    const say = (size: number): void => {
      const text = randomBytes(size).toString('latin1');
      sent.update(text, 'latin1');
      length += size;
      wire.put(text);
      wire.flush();
    };
    while (!wire.congested) say(65_536);
    // Later writes, short and long, wait behind it.
    for (let size = 1; size < 100_000; size *= 3) say(size);
    expect(wire.pending).toBeGreaterThan(0);
    expect(wire.bytesWritten).toBe(length);

    const received = createHash('sha256');
    let count = 0;
    client.on('data', (bytes: Buffer) => {
      received.update(bytes);
      count += bytes.length;
    });
    const ended = once(client, 'end');
    client.resume();
    await drained;
    expect(wire.congested).toBe(false);
    say(70_000);
    wire.end();
    await ended;
    expect(count).toBe(length);
    expect(received.digest('hex')).toBe(sent.digest('hex'));
  });

  test('onDrain follows a single long write', async () => {
    const events = new EventEmitter();
    const drained = once(events, 'drained');
    const { wire, client } = await pair(await load(isThere), { ...QUIET, onDrain: () => events.emit('drained') });
    client.pause();
    wire.put('x'.repeat(16_000_000));
    wire.flush();
    expect(wire.congested).toBe(true);
    client.resume();
    await drained;
    expect(wire.congested).toBe(false);
    expect(wire.pending).toBe(0);
  });

  test('bytes in flight are sent before the wire closes', async () => {
    const { wire, client } = await pair(await load(isThere), QUIET);
    client.pause();
    let length = 0;
    while (wire.pending === 0) {
      wire.put('x'.repeat(65_536));
      wire.flush();
      length += 65_536;
    }
    wire.endWithin(10_000);
    let count = 0;
    client.on('data', (bytes: Buffer) => (count += bytes.length));
    client.resume();
    await once(client, 'end');
    expect(count).toBe(length);
  });

  test('a write to a connection that was reset closes the wire with its error', async () => {
    const events = new EventEmitter();
    const closed = once(events, 'closed');
    const { wire, client } = await pair(await load(isThere), {
      ...QUIET,
      onClose: (error) => events.emit('closed', error?.code),
    });
    wire.pause();
    client.resetAndDestroy();
    await once(client, 'close');
    wire.put('hello');
    wire.flush();
    wire.put('again');
    wire.flush();
    expect(await closed).toEqual([expect.stringMatching(/^(EPIPE|ECONNRESET)$/u)]);
  });

  test('a paused wire reads nothing', async () => {
    let read = '';
    const more = { onRead: ignore };
    const { wire, client } = await pair(await load(isThere), {
      ...QUIET,
      onBytes(buffer, length) {
        read += buffer.bytes.toString('latin1', 0, length);
        more.onRead();
      },
    });
    const reads = (): Promise<void> => new Promise((resolve) => (more.onRead = resolve));
    const first = reads();
    client.write('one ');
    await first;
    wire.pause();
    await new Promise<void>((resolve) => {
      client.write('two', () => resolve());
    });
    // By the end of another connection's round trip the bytes would have been read.
    const other = await pair(await load(isThere), QUIET);
    other.wire.put('x');
    other.wire.flush();
    await once(other.client, 'data');
    expect(read).toBe('one ');
    const second = reads();
    wire.resume();
    await second;
    expect(read).toBe('one two');
  });
});
