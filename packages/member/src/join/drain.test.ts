import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createConnection } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Server } from 'socket.io';
import { io as connect } from 'socket.io-client';
import type { Socket as ClientSocket } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { joinCluster } from './join-cluster.js';
import type { Member } from './join-cluster.js';
import { exchange } from '@pinwheel/testing/raw-http';
import { until } from '@pinwheel/testing/until';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Running {
  readonly port: number;
  readonly url: string;
  readonly member: Member;
  /** Texts that clients have sent. */
  readonly texts: readonly string[];
}

async function serve(): Promise<Running> {
  const http = createServer((_request, response) => response.end('the application'));
  const io = new Server(http);
  const texts: string[] = [];
  io.on('connection', (socket) => {
    socket.on('ask', (ack: (answer: string) => void) => ack('answer'));
    socket.on('text', (text: string) => {
      texts.push(text);
      io.emit('texts', text);
    });
  });
  const member = joinCluster(io, { server: 'Server1', signals: [] });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    const closed = io.close();
    http.closeAllConnections();
    return closed;
  });
  const { port } = http.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, member, texts };
}

async function client(url: string, options: Parameters<typeof connect>[1] = {}): Promise<ClientSocket> {
  const socket = connect(url, { forceNew: true, ...options });
  cleanups.push(() => socket.disconnect());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return socket;
}

const UPGRADE =
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** A polling session in the state between two polls. */
async function openPolling(url: string): Promise<string> {
  const handshake = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
  const { sid } = JSON.parse(handshake.slice(1)) as { sid: string };
  return `${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
}

describe('a drain', () => {
  it('makes /readyz answer 503 at once, without an effect on /healthz and the application', async () => {
    const { url, member } = await serve();
    await openPolling(url);
    const drained = member.drain({ timeoutMs: 500 });
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ ready: false, state: 'drain' });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(url)).text()).toBe('the application');
    expect((await fetch(`${url}/socket.io/socket.io.min.js`)).status).toBe(200);
    await drained;
  });

  it('closes the connection of a request that opens a session, without a response', async () => {
    const { port, url, member } = await serve();
    await member.drain({ timeoutMs: 0 });
    const polling = 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n';
    expect(await exchange(port, polling)).toBe('');
    expect(await exchange(port, UPGRADE)).toBe('');
    expect((await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=unknown`)).status).toBe(400);
  });

  it('serves the requests of open sessions until it closes them', async () => {
    const { url, member } = await serve();
    // Two sessions: the first round closes one, the other is closed half a second later.
    const sessions = [await openPolling(url), await openPolling(url)];
    for (const session of sessions) await fetch(session, { method: 'POST', body: '40' });
    const drained = member.drain({ timeoutMs: 5_000 });
    const polls = await Promise.all(sessions.map(async (session) => (await fetch(session)).text()));
    for (const poll of polls) expect(poll).toContain('40{"sid"');
    for (const session of sessions) expect((await (await fetch(session)).text()).endsWith('1')).toBe(true);
    expect(await drained).toMatchObject({ open: 2, cut: 0 });
  });

  it.each([[['polling']], [['websocket']], [['polling', 'websocket']]])(
    'makes default clients over %j come back by themselves',
    async (transports) => {
      const { url, member } = await serve();
      const socket = await client(url, { transports, reconnectionDelay: 10, reconnectionDelayMax: 50 });
      if (transports.length === 2) await until('it is upgraded', () => socket.io.engine.transport.name === 'websocket');
      const reasons: string[] = [];
      socket.on('disconnect', (reason) => reasons.push(reason));
      let attempts = 0;
      socket.io.on('reconnect_attempt', () => (attempts += 1));
      expect(await member.drain()).toMatchObject({ open: 1, cut: 0 });
      await until('it tries to come back', () => attempts >= 2);
      expect(reasons).toEqual(['transport close']);
      expect(socket.active).toBe(true);
    },
  );

  it('serves messages that a WebSocket client sent before it received the close frame', async () => {
    const { url, member, texts } = await serve();
    const leaving = await client(url, { transports: ['websocket'], reconnection: false });
    const closed = new Promise((resolve) => leaving.once('disconnect', resolve));
    // The first round closes the one session that there is, at once; the client has yet to read that.
    const drained = member.drain();
    leaving.emit('text', 'last words');
    expect(await drained).toMatchObject({ open: 1, cut: 0 });
    expect(await closed).toBe('transport close');
    expect(texts).toEqual(['last words']);
  });

  it('cuts off a WebSocket session whose client does not answer the close frame', async () => {
    const { port, member } = await serve();
    const silent = createConnection(port, '127.0.0.1');
    cleanups.push(() => silent.destroy());
    silent.write(UPGRADE);
    await once(silent, 'data');
    await until('its session is open', () => member.sessions.websocket === 1);
    expect(await member.drain({ timeoutMs: 300 })).toMatchObject({ open: 1, cut: 1 });
    expect(member.sessions).toEqual({ polling: 0, websocket: 0 });
  });

  it('closes polling sessions first, and many sessions evenly over its time', async () => {
    const { url, member } = await serve();
    const ended: { transport: string; at: number }[] = [];
    const watch = (socket: ClientSocket, transport: string): void => {
      socket.on('disconnect', () => ended.push({ transport, at: performance.now() }));
    };
    for (let i = 0; i < 60; i += 1)
      watch(await client(url, { transports: ['websocket'], reconnection: false }), 'websocket');
    for (let i = 0; i < 20; i += 1)
      watch(await client(url, { transports: ['polling'], reconnection: false }), 'polling');
    const began = performance.now();
    expect(await member.drain({ timeoutMs: 1_000 })).toMatchObject({ open: 80, cut: 0 });
    await until('all have noticed', () => ended.length === 80);
    const inOrder = ended.map((one) => one.transport);
    expect(inOrder.lastIndexOf('polling')).toBeLessThan(inOrder.length / 2);
    const last = Math.max(...ended.map((one) => one.at)) - began;
    expect(last).toBeGreaterThan(500);
    // About half of the sessions are closed in each half of that time.
    const early = ended.filter((one) => one.at - began < last / 2).length;
    expect(early).toBeGreaterThan(20);
    expect(early).toBeLessThan(60);
  });

  it('is quick with few sessions', async () => {
    const { url, member } = await serve();
    for (let i = 0; i < 5; i += 1) await client(url, { transports: ['websocket'], reconnection: false });
    const { took, open, cut } = await member.drain({ timeoutMs: 10_000 });
    expect([open, cut]).toEqual([5, 0]);
    expect(took).toBeLessThan(2_000);
  });

  it('ends when its time is over, with clients that stay cut off', async () => {
    const { url, member } = await serve();
    // This session has no poll in flight, so its client is not notified that it is closed.
    await openPolling(url);
    expect(await member.drain({ timeoutMs: 200 })).toMatchObject({ open: 1, cut: 1 });
  });

  it('returns the same promise when it is called twice', async () => {
    const { member } = await serve();
    const first = member.drain();
    expect(member.drain({ timeoutMs: 1 })).toBe(first);
    expect(await first).toMatchObject({ open: 0, cut: 0 });
    expect(() => member.drain({ timeoutMs: -1 })).toThrow('timeoutMs: expected milliseconds');
  });
});

describe('a member in a process without a handler for SIGTERM', () => {
  const script = `
    import { createServer } from 'node:http';
    import { Server } from 'socket.io';
    import { joinCluster } from '@pinwheel/member';
    const http = createServer();
    const io = new Server(http);
    joinCluster(io, { server: 'Server1' });
    http.listen(0, '127.0.0.1', () => console.log(http.address().port));
    setInterval(() => undefined, 1_000);
  `;

  it('drains on SIGTERM, then lets the signal end the process', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    cleanups.push(() => child.kill('SIGKILL'));
    const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
    const socket = await client(`http://127.0.0.1:${port}`, { reconnection: false });
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await gone).toBe('transport close');
    expect(await exited).toEqual([null, 'SIGTERM']);
  });
});
