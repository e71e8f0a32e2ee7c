import { describe, expect, test } from 'vitest';
import { answering, startUpstream } from '@pinwheel/testing/raw-upstream';
import { until } from '@pinwheel/testing/until';
import { startProxy } from '../../testing/started-proxy.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a response that is not valid HTTP/1.1', () => {
  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a page without a head', '<html></html>'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a length and chunked', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n'],
    ['a bare CR', 'HTTP/1.1 200 OK\r\nX-A: b\rc\r\nContent-Length: 0\r\n\r\n'],
    ['101 without being asked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'X-A: b\r\n'.repeat(5_000)}`],
  ])('%s is answered 502 and closes the connection to the peer', async (_name, text) => {
    const upstream = await startUpstream(async (connection) => {
      await connection.request();
      connection.send(text);
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send(GET);
    const { start, get, body } = await client.response();
    expect([start, get('connection')]).toEqual(['HTTP/1.1 502 Bad Gateway', 'keep-alive']);
    expect(body).toContain('<title>502 Bad Gateway</title>');
    await (await upstream.accept()).ended();
    expect(proxy.peer()).toMatchObject({ active: 0, requests: 1, failures: 1 });
    expect(proxy.idle).toBe(0);
  });
});

describe('a truncated response body', () => {
  const ways = [
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'fin'],
    ['within a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nabc', 'fin'],
    ['between chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 'fin'],
    ['before the last line end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n', 'fin'],
    ['by an invalid chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz', 'fin'],
    ['that ends with the connection', 'HTTP/1.1 200 OK\r\n\r\nabc', 'reset'],
  ] as const;

  test.each(ways)('a body truncated %s resets an HTTP/1.1 client, without a last chunk', async (_name, text, how) => {
    const upstream = await startUpstream(async (connection) => {
      await connection.request();
      connection.send(text);
      if (how === 'fin') connection.socket.end();
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send(GET);
    // Bytes that came together with those that broke the response may be lost with them.
    await client.takeThrough('abc').catch(() => undefined);
    if (how === 'reset') (await upstream.accept()).socket.resetAndDestroy();
    expect(await client.ended()).toBe('reset');
    expect(client.text).not.toContain('0\r\n\r\n');
    expect(proxy.peer()).toMatchObject({ active: 0, failures: 1 });
  });

  test.each(ways)('a body truncated %s resets an HTTP/1.0 client', async (_name, text, how) => {
    const upstream = await startUpstream(async (connection) => {
      await connection.request();
      connection.send(text);
      if (how === 'fin') connection.socket.end();
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send('GET / HTTP/1.0\r\n\r\n');
    await client.takeThrough('\r\n\r\nabc').catch(() => undefined);
    if (how === 'reset') (await upstream.accept()).socket.resetAndDestroy();
    expect(await client.ended()).toBe('reset');
  });

  test('a body that stops until the read timeout resets the client', async () => {
    const upstream = await startUpstream(async (connection) => {
      await connection.request();
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    });
    const proxy = await startProxy([upstream.port], { timeouts: { read: 80 } });
    const client = await proxy.connect();
    client.send(GET);
    await client.takeThrough('abc');
    expect(await client.ended()).toBe('reset');
  });
});

describe('bytes of a peer that belong to no request', () => {
  const forged = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged';

  test('bytes on an idle connection close it and never reach a client', async () => {
    const upstream = await startUpstream(answering('good'));
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send(GET);
    await client.response();
    const peer = await upstream.accept();
    peer.send(forged);
    await peer.ended();
    await until('the connection is closed', () => proxy.idle === 0);
    client.send(GET);
    expect((await client.response()).body).toBe('good');
    expect(proxy.peer().failures).toBe(0);
  });

  test.each([
    ['after a response', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood'],
    ['after a chunked response', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n'],
    ['as the body of 204', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['as the body of 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 42\r\n\r\n'],
  ])('bytes %s never reach a client', async (_name, good) => {
    const upstream = await startUpstream(async (connection) => {
      await connection.request();
      connection.send(good + forged);
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    for (let i = 0; i < 3; i++) {
      client.send(GET);
      expect((await client.response()).body).not.toContain('forged');
    }
    // A fourth one shows that nothing was left over from the third.
    client.send('nonsense\r\n\r\n');
    expect((await client.response()).start).toBe('HTTP/1.1 400 Bad Request');
    expect(upstream.connections).toHaveLength(3);
  });

  test('a body in the response to HEAD never reaches a client', async () => {
    const upstream = await startUpstream(async (connection) => {
      await connection.request();
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    for (let i = 0; i < 3; i++) {
      client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
      expect((await client.response('HEAD')).get('content-length')).toBe('4');
    }
    expect(client.text).toBe('');
  });
});

describe('the pool of idle connections', () => {
  test('the pool opens as many connections as there are simultaneous requests, and keeps `connections` of them', async () => {
    let asked = 0;
    const upstream = await startUpstream(async (connection) => {
      for (;;) {
        await connection.request();
        asked++;
        if (asked <= 8) await until('all eight requests are waiting', () => asked >= 8);
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      }
    });
    const proxy = await startProxy([upstream.port], { upstream: { keepalive: { connections: 3 } } });
    const clients = await Promise.all(Array.from({ length: 8 }, () => proxy.connect()));
    for (const client of clients) client.send(GET);
    for (const client of clients) expect((await client.response()).body).toBe('ok');
    expect(proxy.idle).toBe(3);
    for (const client of clients) {
      client.send(GET);
      expect((await client.response()).body).toBe('ok');
    }
    expect(upstream.connections).toHaveLength(8);
    expect(proxy.idle).toBe(3);
  });

  test.each([
    ['is closed after keepalive.requests', { requests: 2 }, '', 3],
    ['is never kept with keepalive.connections 0', { connections: 0 }, '', 6],
    ['is closed when the peer keeps it for a second only', {}, 'Keep-Alive: timeout=1\r\n', 6],
    ['is closed when the peer sends Connection: close', {}, 'Connection: close\r\n', 6],
    ['is kept for as long as the peer states', {}, 'Keep-Alive: timeout=60, max=100\r\n', 1],
  ])('an idle connection %s', async (_name, keepalive, field, expected) => {
    const upstream = await startUpstream(async (connection) => {
      for (;;) {
        await connection.request();
        connection.send(`HTTP/1.1 200 OK\r\n${field}Content-Length: 2\r\n\r\nok`);
      }
    });
    const proxy = await startProxy([upstream.port], { upstream: { keepalive } });
    const client = await proxy.connect();
    for (let i = 0; i < 6; i++) {
      client.send(GET);
      expect((await client.response()).body).toBe('ok');
    }
    expect(upstream.connections).toHaveLength(expected);
  });

  test('a connection that has been idle for keepalive.timeout is closed', async () => {
    const upstream = await startUpstream(answering('ok'));
    const proxy = await startProxy([upstream.port], { upstream: { keepalive: { timeout: 50 } } });
    const client = await proxy.connect();
    client.send(GET);
    await client.response();
    await (await upstream.accept()).ended();
    expect(proxy.idle).toBe(0);
  });
});
