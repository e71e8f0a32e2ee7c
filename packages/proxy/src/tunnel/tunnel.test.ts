import { createHash, randomBytes, randomInt } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { until } from '@pinwheel/testing/until';
import { nothingLeft, openTunnel, SWITCHING, UPGRADE } from '../testing/open-tunnel.js';
import { localhostTls } from '@pinwheel/testing/localhost-tls';
import type { RawConnection } from '@pinwheel/testing/raw-connection';
import { startUpstream } from '@pinwheel/testing/raw-upstream';
import { startProxy } from '../testing/started-proxy.js';

async function startEcho(): Promise<number> {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, binary) => socket.send(data, { binary }));
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    http.close();
  });
  return (http.address() as AddressInfo).port;
}

describe('WebSocket echo', () => {
  test.each([
    ['plain', undefined],
    ['TLS', localhostTls],
  ])('WebSocket messages of all sizes are echoed: %s', async (_name, tls) => {
    const proxy = await startProxy([await startEcho()], { ...(tls !== undefined && { tls }) });
    const url = `${tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${proxy.port}/`;
    const socket = new WebSocket(url, { rejectUnauthorized: false });
    const messages = ['a', 'ä'.repeat(300), 'x'.repeat(70_000), 'y'.repeat(2_000_000), ''];
    const echoed: string[] = [];
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => {
        for (const message of messages) socket.send(message);
      });
      socket.on('message', (data: Buffer) => {
        echoed.push(data.toString());
        if (echoed.length === messages.length) resolve();
      });
    });
    expect(echoed).toEqual(messages);
    expect(proxy.proxy.status()).toMatchObject({ tunnels: 1, clients: 0 });
    const closed = new Promise((resolve) => {
      socket.on('close', resolve);
    });
    socket.close(4_000);
    expect(await closed).toBe(4_000);
    await nothingLeft(proxy);
  });
});

describe('opening a tunnel', () => {
  test('the request and the 101 keep Upgrade and lose only hop-by-hop fields', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send(UPGRADE);
    const peer = await upstream.accept();
    const asked = await peer.request();
    expect([asked.get('connection'), asked.get('upgrade')]).toEqual(['upgrade', 'websocket']);
    expect(asked.get('sec-websocket-key')).toBe('dGhlIHNhbXBsZSBub25jZQ==');
    peer.send(SWITCHING.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=5\r\nSec-WebSocket-Protocol: p\r\n\r\n'));
    const answer = await client.response();
    expect(answer.start).toBe('HTTP/1.1 101 Switching Protocols');
    expect(answer.fields).toEqual([
      ['Sec-WebSocket-Accept', 'x'],
      ['Sec-WebSocket-Protocol', 'p'],
      ['Connection', 'upgrade'],
      ['Upgrade', 'websocket'],
    ]);
  });

  test.each([
    ['in one packet', (text: string) => [text]],
    ['byte by byte', (text: string) => [...text]],
    ['in two', (text: string) => [text.slice(0, 60), text.slice(60)]],
  ])('bytes right after the request and right after the 101 are not lost: %s', async (_name, cut) => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    for (const tail of ['early', 'e'.repeat(5_000), `${'e'.repeat(90_000)}!`]) {
      const client = await proxy.connect();
      await client.sendPieces(tail.length < 100 ? cut(UPGRADE + tail) : [...cut(UPGRADE), tail]);
      const peer = await upstream.accept();
      await peer.request();
      expect(peer.text).toBe('');
      await peer.sendPieces(tail.length < 100 ? cut(SWITCHING + tail) : [SWITCHING + tail]);
      expect((await client.response()).start).toContain('101');
      expect(await client.take(tail.length)).toBe(tail);
      expect(await peer.take(tail.length)).toBe(tail);
      client.send('more');
      expect(await peer.take(4)).toBe('more');
      peer.socket.resetAndDestroy();
      await client.ended();
    }
    await nothingLeft(proxy);
  });

  test('a response other than 101 is relayed, and the connection goes on as HTTP', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send(`${UPGRADE}GET /next HTTP/1.1\r\nHost: a\r\n\r\n`);
    const peer = await upstream.accept();
    await peer.request();
    peer.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    const refused = await client.response();
    expect([refused.start, refused.body, refused.get('connection')]).toEqual([
      'HTTP/1.1 403 Forbidden',
      'no',
      'keep-alive',
    ]);
    expect((await peer.request()).start).toBe('GET /next HTTP/1.1');
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.response()).body).toBe('ok');
    expect(proxy.proxy.status().tunnels).toBe(0);
  });

  test.each([
    ['without Upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n'],
    ['without Connection', 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n'],
    ['of another protocol', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'],
    ['of HTTP/1.0', 'GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['by POST', 'POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n'],
  ])('a 101 to a request without upgrade gives 502: %s', async (_name, request) => {
    const upstream = await startUpstream(async (connection) => {
      expect((await connection.request()).get('upgrade')).toBeUndefined();
      connection.send(`${SWITCHING}secret`);
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send(request);
    const { start, body } = await client.response();
    expect(start).toBe('HTTP/1.1 502 Bad Gateway');
    expect(body).not.toContain('secret');
    await nothingLeft(proxy);
  });
});

/** Sends random bytes in writes of very different sizes, `total` in all, and returns their checksum. */
async function pour(to: RawConnection, total: number): Promise<string> {
  const hash = createHash('sha256');
  const pool = randomBytes(1_000_000);
  let left = total;
  while (left > 0) {
    const sizes = [randomInt(1, 200), randomInt(3_900, 4_300), randomInt(16_000, 17_000), randomInt(60_000, 300_000)];
    for (const size of sizes) {
      const at = randomInt(0, pool.length - 300_000);
      const piece = Buffer.from(pool.subarray(at, at + Math.min(size, left)));
      left -= piece.length;
      hash.update(piece);
      if (!to.socket.write(piece)) {
        await new Promise((resolve) => {
          to.socket.once('drain', resolve);
        });
      }
    }
  }
  return hash.digest('hex');
}

/**
 * Sends pieces that each arrive in a separate read, until the buffers are full: then the last pieces have been written but
 * not taken, each too small to pause reading. Reads of 16 KB make the wire take a buffer of its own.
 */
async function fill(to: RawConnection, ownBuffer: boolean): Promise<{ length: number; sum: string }> {
  const hash = createHash('sha256');
  let length = 0;
  for (let i = 0; ; i++) {
    const piece = randomBytes(ownBuffer && i % 5 === 0 ? 20_000 : randomInt(4_200, 12_000));
    hash.update(piece);
    length += piece.length;
    const gone = new Promise<boolean>((resolve) => {
      to.socket.write(piece, () => setImmediate(() => setImmediate(resolve, true)));
    });
    const late = new Promise<boolean>((resolve) => {
      setTimeout(resolve, 500, false).unref();
    });
    if (!(await Promise.race([gone, late]))) return { length, sum: hash.digest('hex') };
  }
}

/** Reads `total` bytes, pausing now and then for `pauseMs`, and returns their checksum. */
function drink(from: RawConnection, total: number, pauseMs: number): Promise<string> {
  const hash = createHash('sha256');
  let left = total;
  from.socket.removeAllListeners('data');
  return new Promise((resolve, reject) => {
    from.socket.on('close', () => reject(new Error(`closed ${left} bytes too early`)));
    from.socket.on('data', (bytes: Buffer) => {
      hash.update(bytes);
      left -= bytes.length;
      if (left <= 0) {
        if (left < 0) reject(new Error(`${-left} bytes too many`));
        else resolve(hash.digest('hex'));
      } else if (pauseMs > 0 && randomInt(0, 60) === 0) {
        from.socket.pause();
        setTimeout(() => from.socket.resume(), pauseMs);
      }
    });
  });
}

describe('backpressure in tunnels', () => {
  test.each([
    ['plain', undefined, 25_000_000],
    ['TLS', localhostTls, 8_000_000],
  ])('many bytes in both directions through five tunnels at once arrive unchanged: %s', async (_name, tls, total) => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port], { ...(tls !== undefined && { tls }) });
    const tunnels: { client: RawConnection; peer: RawConnection }[] = [];
    for (let i = 0; i < 5; i++) tunnels.push(await openTunnel(proxy, upstream));
    const checks = tunnels.flatMap(({ client, peer }, index) => {
      const pauseMs = index % 2 === 0 ? 3 : 0;
      return [
        Promise.all([pour(client, total), drink(peer, total, pauseMs)]),
        Promise.all([pour(peer, total), drink(client, total, index === 1 ? 3 : 0)]),
      ];
    });
    for (const [sent, got] of await Promise.all(checks)) expect(got).toBe(sent);
    for (const { peer } of tunnels) peer.socket.resetAndDestroy();
    await nothingLeft(proxy);
  });

  test('bytes sent before the peer has answered arrive unchanged', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send(UPGRADE);
    const up = pour(client, 40_000_000);
    const peer = await upstream.accept();
    await peer.request();
    // The client is held up as soon as the balancer reads no more from it.
    await until('the client is held up', () => client.socket.writableNeedDrain);
    peer.send(SWITCHING);
    await client.response();
    const down = pour(peer, 40_000_000);
    const came = await Promise.all([drink(peer, 40_000_000, 3), drink(client, 40_000_000, 3)]);
    expect(came).toEqual(await Promise.all([up, down]));
    peer.socket.resetAndDestroy();
    await nothingLeft(proxy);
  });

  test('pending writes are not overwritten by later reads', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const directions: (readonly [RawConnection, RawConnection])[] = [];
    for (let i = 0; i < 8; i++) {
      const { client, peer } = await openTunnel(proxy, upstream);
      directions.push([client, peer], [peer, client]);
    }
    for (const [, to] of directions) to.socket.pause();
    const filled = await Promise.all(directions.map(([from], index) => fill(from, index % 4 < 2)));
    const got = await Promise.all(
      directions.map(([, to], index) => {
        const drunk = drink(to, filled[index]?.length ?? 0, 0);
        to.socket.resume();
        return drunk;
      }),
    );
    expect(got).toEqual(filled.map(({ sum }) => sum));
  });

  test('a side that reads nothing holds up the other side, in bounded memory', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const { client, peer } = await openTunnel(proxy, upstream);
    for (const [from, to] of [[client, peer] as const, [peer, client] as const]) {
      to.socket.pause();
      from.send(Buffer.alloc(60_000_000));
      let before = -1;
      while (from.socket.writableLength !== before) {
        before = from.socket.writableLength;
        await new Promise((resolve) => {
          setTimeout(resolve, 150);
        });
      }
      expect(60_000_000 - before).toBeLessThan(30_000_000);
      to.socket.resume();
      await to.until((text) => (text.length === 60_000_000 ? true : undefined), 'all of it');
    }
  });
});
