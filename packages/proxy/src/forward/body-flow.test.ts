import { createHash, randomBytes } from 'node:crypto';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { localhostTls } from '@pinwheel/testing/localhost-tls';
import { startUpstream } from '@pinwheel/testing/raw-upstream';
import { until } from '@pinwheel/testing/until';
import { startProxy } from '../testing/started-proxy.js';
import type { StartedProxy } from '../testing/started-proxy.js';

const MB = 1_000_000;

/** A peer whose response has 20 MB, and states the checksums of the request's body and of its own. */
async function startSummingServer(answer: Buffer, chunked: boolean): Promise<number> {
  const server = createServer((incoming, response) => {
    const hash = createHash('sha256');
    incoming.on('data', (piece: Buffer) => hash.update(piece));
    incoming.on('end', () => {
      response.setHeader('x-got', hash.digest('hex'));
      if (!chunked) response.setHeader('content-length', answer.length);
      // Pieces of all sizes, below and above the limit for copying and the size of a buffer.
      let at = 0;
      for (const size of [1, 4_096, 4_097, 16_383, 16_384, 16_385, 65_536, 100_000, 3]) {
        response.write(answer.subarray(at, at + size));
        at += size;
      }
      response.end(answer.subarray(at));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** @returns the checksums of the request's body and of the response's body */
function exchange(proxy: StartedProxy, body: Buffer, chunked: boolean): Promise<{ got: unknown; answer: string }> {
  return new Promise((resolve, reject) => {
    const headers = chunked ? {} : { 'content-length': body.length };
    const options = { host: '127.0.0.1', port: proxy.port, method: 'POST', headers, agent: false };
    const asked = request(options, (response) => {
      const hash = createHash('sha256');
      let slow = 0;
      response.on('data', (piece: Buffer) => {
        hash.update(piece);
        // The client pauses now and then.
        if (++slow % 40 !== 0) return;
        response.pause();
        setTimeout(() => response.resume(), 2);
      });
      response.on('end', () => resolve({ got: response.headers['x-got'], answer: hash.digest('hex') }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    for (let at = 0; at < body.length; at += 77_777) asked.write(body.subarray(at, at + 77_777));
    asked.end();
  });
}

test.each([
  ['with lengths', false],
  ['in chunks', true],
])('20 MB in each direction on four connections at once arrive unchanged %s', async (_name, chunked) => {
  const answer = randomBytes(20 * MB);
  const proxy = await startProxy([await startSummingServer(answer, chunked)], { limits: { body: 0 } });
  const bodies = Array.from({ length: 4 }, (_, index) => randomBytes(index === 0 ? 20 * MB : 3 * MB));
  const exchanges = await Promise.all(bodies.map((body) => exchange(proxy, body, chunked)));
  expect(exchanges).toEqual(bodies.map((body) => ({ got: sum(body), answer: sum(answer) })));
  await until('nothing is active', () => proxy.peer().active === 0);
});

describe('backpressure', () => {
  /** The most that the kernel's and the proxy's buffers may hold; far below what is sent. */
  const HELD = 30 * MB;
  const SENT = 80 * MB;

  test.each([
    ['plain', undefined],
    ['TLS', localhostTls],
  ])('a client that reads nothing holds up the peer, and gets everything in the end: %s', async (_name, tls) => {
    const piece = randomBytes(MB);
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port], { ...(tls !== undefined && { tls }) });
    const client = await proxy.connect();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const peer = await upstream.accept();
    await peer.request();
    client.socket.pause();
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SENT}\r\n\r\n`);
    for (let sent = 0; sent < SENT; sent += MB) peer.send(piece);
    await untilStill(() => peer.socket.bytesWritten - peer.socket.writableLength);
    expect(SENT - peer.socket.writableLength).toBeLessThan(HELD);
    const hash = createHash('sha256');
    client.socket.removeAllListeners('data');
    let left = -1;
    const whole = new Promise<void>((resolve) => {
      client.socket.on('data', (bytes: Buffer) => {
        let body = bytes;
        if (left < 0) {
          body = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
          left = SENT;
        }
        hash.update(body);
        left -= body.length;
        if (left === 0) resolve();
      });
    });
    client.socket.resume();
    await whole;
    const expected = createHash('sha256');
    for (let sent = 0; sent < SENT; sent += MB) expected.update(piece);
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
  });

  test('a peer that reads nothing holds up the client, and gets everything in the end', async () => {
    const piece = randomBytes(MB);
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port], { limits: { body: 0 } });
    const client = await proxy.connect();
    client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${SENT}\r\n\r\n`);
    const peer = await upstream.accept();
    peer.socket.pause();
    for (let sent = 0; sent < SENT; sent += MB) client.send(piece);
    await untilStill(() => client.socket.bytesWritten - client.socket.writableLength);
    expect(SENT - client.socket.writableLength).toBeLessThan(HELD);
    peer.socket.removeAllListeners('data');
    let got = 0;
    let head = -1;
    const hash = createHash('sha256');
    const whole = new Promise<void>((resolve) => {
      peer.socket.on('data', (bytes: Buffer) => {
        const body = head < 0 ? bytes.subarray(bytes.indexOf('\r\n\r\n') + 4) : bytes;
        head = 0;
        hash.update(body);
        got += body.length;
        if (got === SENT) resolve();
      });
    });
    peer.socket.resume();
    await whole;
    const expected = createHash('sha256');
    for (let sent = 0; sent < SENT; sent += MB) expected.update(piece);
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.response()).body).toBe('ok');
  });

  test('a client that takes nothing for the send timeout is disconnected', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port], { timeouts: { send: 150 } });
    const client = await proxy.connect();
    client.socket.pause();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const peer = await upstream.accept();
    await peer.request();
    peer.send(`HTTP/1.1 200 OK\r\n\r\n`);
    peer.send(Buffer.alloc(40 * MB));
    await peer.ended();
    expect(proxy.peer()).toMatchObject({ active: 0, failures: 0 });
    client.socket.resume();
    await client.ended();
    expect(client.text.endsWith('0\r\n\r\n')).toBe(false);
  });
});

/** Resolves when the value has not changed for a while: all buffers are full. */
async function untilStill(value: () => number): Promise<void> {
  let before = -1;
  while (value() !== before) {
    before = value();
    await new Promise((resolve) => {
      setTimeout(resolve, 150);
    });
  }
}
