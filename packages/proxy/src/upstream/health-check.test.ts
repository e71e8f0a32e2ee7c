import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RawConnection } from '@pinwheel/testing/raw-connection';
import { type RawUpstream, startUpstream } from '@pinwheel/testing/raw-upstream';
import { until } from '@pinwheel/testing/until';
import { startProxy } from '../testing/started-proxy.js';
import type { StartedProxy } from '../testing/started-proxy.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const CHECK = { interval: 300, misses: 3 } as const;

/** A peer that answers everything, health checks too, until it is told to hang. */
async function startPeer(name: string): Promise<{ upstream: RawUpstream; hang(): void; goOn(): void }> {
  let hangs = false;
  const waiting: (() => void)[] = [];
  const upstream = await startUpstream(async (connection: RawConnection) => {
    for (;;) {
      const { start } = await connection.request();
      if (hangs) await new Promise<void>((resolve) => waiting.push(resolve));
      if (start.startsWith('GET /ws ')) {
        connection.send('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
        return;
      }
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
    }
  });
  return {
    upstream,
    hang: () => {
      hangs = true;
    },
    goOn: () => {
      hangs = false;
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

async function ask(proxy: StartedProxy, text = GET): Promise<{ start: string; body: string }> {
  const client = await proxy.connect();
  client.send(text);
  return client.response();
}

describe('a peer that does not answer health checks', () => {
  test('a hung peer has its tunnels closed and is not chosen until it answers again', async () => {
    const [one, two] = [await startPeer('one'), await startPeer('two')];
    const proxy = await startProxy([one.upstream.port, two.upstream.port], { upstream: { healthCheck: CHECK } });
    const first = await proxy.connect();
    first.send('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect((await first.response()).start).toContain('101');
    expect(proxy.peer(0).tunnels).toBe(1);
    one.hang();
    expect(await first.ended()).toBe('fin');
    await until('its tunnel is closed', () => proxy.peer(0).tunnels === 0);
    expect(proxy.peer(0)).toMatchObject({ state: 'failed', check: { path: '/healthz', result: 'silent' } });
    expect(proxy.peer(0).check?.misses).toBeGreaterThanOrEqual(3);
    const bodies = await Promise.all([1, 2, 3].map(async () => (await ask(proxy)).body));
    expect(bodies).toEqual(['two', 'two', 'two']);
    one.goOn();
    await until('it is up again', () => proxy.peer(0).state === 'up');
    expect(proxy.peer(0).check).toMatchObject({ misses: 0, result: 200 });
    expect(new Set([(await ask(proxy)).body, (await ask(proxy)).body])).toEqual(new Set(['one', 'two']));
    expect(proxy.log.filter((line) => line.startsWith('peer '))).toEqual([
      `peer 127.0.0.1:${one.upstream.port} of upstream "backend" has missed health checks for 0.9 s: closing its connections`,
      `peer 127.0.0.1:${one.upstream.port} of upstream "backend" answers again`,
    ]);
  });

  test('requests in flight to a hung peer are retried at another peer, or get 504 where a retry is not allowed', async () => {
    const [one, two] = [await startPeer('one'), await startPeer('two')];
    const proxy = await startProxy([one.upstream.port, two.upstream.port], { upstream: { healthCheck: CHECK } });
    await until('the peer has been checked', () => one.upstream.connections.length > 0);
    one.hang();
    const answers = await Promise.all([
      ask(proxy),
      ask(proxy),
      ask(proxy, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx'),
    ]);
    expect(answers.map(({ start, body }) => [start.split(' ')[1], body.slice(0, 3)])).toEqual([
      ['200', 'two'],
      ['200', 'two'],
      ['504', expect.any(String)],
    ]);
  });

  test('hung peers keep their tunnels when no peer answers', async () => {
    const [one, two] = [await startPeer('one'), await startPeer('two')];
    const proxy = await startProxy([one.upstream.port, two.upstream.port], { upstream: { healthCheck: CHECK } });
    const client = await proxy.connect();
    client.send('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await client.response();
    one.hang();
    two.hang();
    // A second proxy with a third, healthy peer shows when enough checks have been missed.
    const three = await startPeer('three');
    const ports = [one, two, three].map(({ upstream }) => upstream.port);
    const other = await startProxy(ports, { upstream: { healthCheck: CHECK } });
    await until(
      'both hung peers are evicted',
      () => other.log.filter((line) => line.endsWith('closing its connections')).length === 2,
    );
    expect([proxy.peer(0).state, proxy.peer(1).state, proxy.peer(0).tunnels]).toEqual(['up', 'up', 1]);
    expect(client.ending).toBeUndefined();
  });
});

test('a peer that refuses new connections keeps its open ones', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');
      socket.on('data', (bytes) => socket.write(bytes));
    });
    onTestFinished(() => void socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const [two, hung] = [await startPeer('two'), await startPeer('hung')];
  const peers = [port, two.upstream.port, hung.upstream.port];
  const proxy = await startProxy(peers, { upstream: { healthCheck: CHECK } });
  const client = await proxy.connect();
  client.send('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  expect((await client.response()).start).toContain('101');
  server.close();
  hung.hang();
  await until('the hung peer is evicted', () => proxy.log.some((line) => line.endsWith('closing its connections')));
  expect(proxy.peer(0).check).toMatchObject({ misses: 0, result: 'refused' });
  expect(proxy.log.filter((line) => line.endsWith('closing its connections'))).toHaveLength(1);
  client.send('still');
  expect(await client.take(5)).toBe('still');
});

test('a draining peer is not chosen for new sessions and keeps its own', async () => {
  const [one, two] = [await startPeer('one'), await startPeer('two')];
  let draining = false;
  const proxy = await startProxy(
    [
      { host: '127.0.0.1', port: one.upstream.port, route: 'a', drains: () => draining },
      { host: '127.0.0.1', port: two.upstream.port, route: 'b' },
    ],
    { upstream: { stickySid: true } },
  );
  draining = true;
  expect([(await ask(proxy)).body, (await ask(proxy)).body]).toEqual(['two', 'two']);
  const pinned = 'GET /socket.io/?EIO=4&transport=polling&sid=a.1234 HTTP/1.1\r\nHost: a\r\n\r\n';
  expect((await ask(proxy, pinned)).body).toBe('one');
  expect(proxy.peer(0).state).toBe('drain');
  draining = false;
  expect(new Set([(await ask(proxy)).body, (await ask(proxy)).body])).toEqual(new Set(['one', 'two']));
});
