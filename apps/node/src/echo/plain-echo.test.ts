import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { exchange } from '@pinwheel/testing/raw-http';
import { until } from '@pinwheel/testing/until';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { afterwards, ask, client, node } from '../testing/index.js';

async function open(url: string, path = '/'): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws') + path);
  afterwards(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

async function answer(socket: WebSocket, message: string | Buffer): Promise<string | Buffer> {
  const arrived = once(socket, 'message');
  socket.send(message);
  const [data, isBinary] = (await arrived) as [Buffer, boolean];
  return isBinary ? data : data.toString();
}

describe('plain WebSocket echo', () => {
  it.each(['/', '/wsapp/', '/socket.io', '/socket.io/more', '/socket.iox/?EIO=4&transport=websocket'])(
    'answers on %s',
    async (path) => {
      const { url } = await node();
      const socket = await open(url, path);
      expect(await answer(socket, 'hello')).toBe('Server received from client: hello');
      expect(await answer(socket, '')).toBe('Server received from client: ');
      expect(await answer(socket, Buffer.from([0, 1, 255]))).toEqual(Buffer.from([0, 1, 255]));
    },
  );

  it('keeps the connection beyond the second after which Socket.IO destroys unknown upgrades', async () => {
    const socket = await open((await node()).url);
    const pong = once(socket, 'pong');
    socket.ping('are you there');
    expect(String((await pong)[0])).toBe('are you there');
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it('logs each received text as one line without control characters, at a bounded rate', async () => {
    const lines: string[] = [];
    const socket = await open((await node({}, lines)).url);
    await answer(socket, 'hello');
    await answer(socket, 'a\nb\u001b[2J\u202e');
    await answer(socket, 'x'.repeat(1_000));
    expect(lines).toEqual([
      'Received from client: hello',
      'Received from client: a\\u{a}b\\u{1b}[2J\\u{202e}',
      `Received from client: ${'x'.repeat(200)}... (1000 characters)`,
    ]);
    for (let i = 0; i < 1_000; i += 1) await answer(socket, 'again');
    await until('the rest is logged as a number', () => lines.some((line) => line.endsWith('more within a second')));
    expect(lines.length).toBeLessThan(200);
  });

  it('accepts a message of 1 MiB and closes with 1009 on a longer one', async () => {
    const socket = await open((await node()).url);
    expect(await answer(socket, Buffer.alloc(1024 * 1024, 7))).toHaveLength(1024 * 1024);
    const closed = once(socket, 'close');
    socket.send(Buffer.alloc(1024 * 1024 + 1));
    expect((await closed)[0]).toBe(1009);
  });

  it('stops reading from a client that does not read, and resumes when it does', async () => {
    const { url } = await node();
    const [socket, other] = [await open(url), await open(url)];
    const count = 400;
    let received = 0;
    socket.on('message', (data: Buffer) => (received += data.length));
    socket.pause();
    const chunk = Buffer.alloc(256 * 1024, 1);
    for (let i = 0; i < count; i += 1) socket.send(chunk);
    // Far more than the kernel holds stays with the sender, because the node reads no more than it can send back.
    let stuck = -1;
    for (let same = 0; same < 10;) {
      expect(await answer(other, 'meanwhile')).toBe('Server received from client: meanwhile');
      await delay(20);
      same = socket.bufferedAmount === stuck ? same + 1 : 0;
      stuck = socket.bufferedAmount;
    }
    expect(stuck).toBeGreaterThan(count * chunk.length * 0.5);
    socket.resume();
    await until('everything has come back', () => received === count * chunk.length);
  });

  it('survives resets and broken frames', async () => {
    const { url, port } = await node();
    const upgrade =
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
    for (let i = 0; i < 20; i += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(upgrade + key);
      if (i % 2 === 0) await once(socket, 'data');
      socket.resetAndDestroy();
    }
    expect(await exchange(port, Buffer.from(`${upgrade}${key}\xff\xff\xff\xff`, 'latin1'))).toContain('101 Switching');
    expect(await exchange(port, `${upgrade}\r\n`)).toContain('400 Bad Request');
    expect(await answer(await open(url), 'fine')).toBe('Server received from client: fine');
  });

  it('closes with 1001 when the node drains, and refuses new clients', async () => {
    const { url, port, member } = await node();
    const socket = await open(url);
    const session = await client(url, { reconnection: false });
    const closed = once(socket, 'close');
    const gone = new Promise((resolve) => session.once('disconnect', resolve));
    expect(await ask(session, 'echo', 1)).toBe(1);
    expect(await member.drain()).toMatchObject({ open: 2, cut: 0 });
    expect((await closed)[0]).toBe(1001);
    expect(await gone).toBe('transport close');
    const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    expect(await exchange(port, upgrade)).toBe('');
  });
});
