import { describe, expect, test } from 'vitest';
import { localhostTls } from '@pinwheel/testing/localhost-tls';
import { answering, startUpstream } from '@pinwheel/testing/raw-upstream';
import { startProxy } from '../testing/started-proxy.js';

describe('keep-alive and pipelining', () => {
  test('requests of one client connection reuse one connection to the peer', async () => {
    const upstream = await startUpstream(answering('hello'));
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    for (let i = 0; i < 50; i++) {
      client.send(`GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const { start, body, get } = await client.response();
      expect([start, body, get('connection')]).toEqual(['HTTP/1.1 200 OK', 'hello', 'keep-alive']);
    }
    expect(upstream.connections).toHaveLength(1);
    expect(proxy.peer()).toMatchObject({ active: 0, requests: 50, failures: 0 });
    expect(proxy.idle).toBe(1);
  });

  test('pipelined requests get their responses in order, bodies included', async () => {
    const upstream = await startUpstream(async (connection) => {
      for (;;) {
        const { start, body } = await connection.request();
        const answer = `${start.split(' ')[1]}|${body}`;
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`);
      }
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    const requests = [
      'GET /1 HTTP/1.1\r\nHost: a\r\n\r\n',
      'POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nbody2',
      'POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n3;x\r\ndy3\r\n0\r\n\r\n',
      '\r\nGET /4 HTTP/1.1\nHost: a\n\n',
    ].join('');
    const expected = ['/1|', '/2|body2', '/3|body3', '/4|'];
    client.send(requests);
    for (const body of expected) expect((await client.response()).body).toBe(body);
    await client.sendPieces([...requests]);
    for (const body of expected) expect((await client.response()).body).toBe(body);
    for (let cut = 1; cut < requests.length; cut += 7) {
      await client.sendPieces([requests.slice(0, cut), requests.slice(cut)]);
      for (const body of expected) expect((await client.response()).body).toBe(body);
    }
  });

  test('a client that expects 100 Continue gets it before it sends the body', async () => {
    const upstream = await startUpstream(answering(''));
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    expect(await client.takeThrough('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('body');
    expect((await client.response()).body).toBe('body');
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody');
    // As in nginx, the client gets 100 Continue although it has sent the body already.
    expect(await client.takeThrough('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect((await client.response()).start).toBe('HTTP/1.1 200 OK');
  });

  test('the connection ends after the response on Connection: close, and after limits.keepaliveRequests', async () => {
    const upstream = await startUpstream(answering('x'));
    const proxy = await startProxy([upstream.port], { limits: { requests: 3 } });
    const closing = await proxy.connect();
    closing.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\nHost: a\r\n\r\n');
    expect((await closing.response()).get('connection')).toBe('close');
    expect(await closing.ended()).toBe('fin');
    const client = await proxy.connect();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4));
    const said = [await client.response(), await client.response(), await client.response()];
    expect(said.map(({ get }) => get('connection'))).toEqual(['keep-alive', 'keep-alive', 'close']);
    expect(await client.ended()).toBe('fin');
    expect(client.text).toBe('');
    expect(proxy.peer().requests).toBe(4);
  });
});

describe('responses without a body', () => {
  const answers = [
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n', 'content-length', '1000'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'transfer-encoding', 'chunked'],
    ['HEAD', 'HTTP/1.1 200 OK\r\n\r\n', 'content-length', undefined],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', 'content-length', undefined],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n', 'content-length', '1000'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n', 'transfer-encoding', undefined],
  ] as const;

  test('responses without a body leave both connections usable', async () => {
    let next = '';
    const upstream = await startUpstream(async (connection) => {
      for (;;) {
        await connection.request();
        connection.send(next);
      }
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    for (const [method, answer, name, value] of answers) {
      next = answer;
      client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
      const response = await client.response(method);
      expect([response.get(name), response.get('connection')]).toEqual([value, 'keep-alive']);
    }
    expect(upstream.connections).toHaveLength(1);
  });
});

describe('the framing of a response', () => {
  const chunked =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n';
  const untilClose = 'HTTP/1.1 200 OK\r\n\r\nabcde';

  test.each([
    ['in chunks', chunked],
    ['until close', untilClose],
    ['of a 1.0 server', 'HTTP/1.0 200 OK\r\n\r\nabcde'],
  ])('a body %s reaches an HTTP/1.1 client in chunks and keeps its connection', async (_name, answer) => {
    const upstream = await startUpstream(async (connection) => {
      await connection.request();
      await connection.sendPieces([...answer]);
      connection.socket.end();
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    for (let i = 0; i < 2; i++) {
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const response = await client.response();
      expect([response.body, response.get('transfer-encoding')]).toEqual(['abcde', 'chunked']);
      expect([response.get('trailer'), response.get('connection')]).toEqual([undefined, 'keep-alive']);
    }
  });

  test.each([
    ['in chunks', chunked],
    ['until close', untilClose],
  ])('a body %s reaches an HTTP/1.0 client and ends with the connection', async (_name, answer) => {
    const upstream = await startUpstream(async (connection) => {
      await connection.request();
      connection.send(answer);
      connection.socket.end();
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const response = await client.response();
    expect([response.body, response.get('connection')]).toEqual(['abcde', 'close']);
    expect(response.get('transfer-encoding')).toBeUndefined();
  });

  test('a response with a length keeps the connection of an HTTP/1.0 client that asks for it', async () => {
    const upstream = await startUpstream(answering('abc'));
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    expect((await client.response()).get('connection')).toBe('keep-alive');
    client.send('GET / HTTP/1.0\r\n\r\n');
    expect((await client.response()).get('connection')).toBe('close');
    expect(await client.ended()).toBe('fin');
  });
});

describe('fields of requests and responses', () => {
  test('hop-by-hop fields of a request are dropped, and the forwarding fields are added', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send(
      [
        'GET /path?query HTTP/1.1',
        'Host: example.org:8080',
        'Connection: keep-alive, X-Mine, transfer-encoding, host, x-forwarded-for, x-real-ip',
        'X-Mine: 1',
        'Keep-Alive: timeout=5',
        'Proxy-Connection: keep-alive',
        'TE: trailers',
        'Trailer: X-T',
        'Upgrade: h2c',
        'X-Forwarded-For: 1.2.3.4',
        'X-forwarded-for: 5.6.7.8, 9.9.9.9',
        'X-Real-IP: 6.6.6.6',
        'X-Forwarded-Proto: https',
        'Accept: */*',
        'Cookie: a=b',
        'Cookie: c=d',
        'Accept-Encoding: gzip',
        '\r\n',
      ].join('\r\n'),
    );
    const request = await (await upstream.accept()).request();
    expect(request.start).toBe('GET /path?query HTTP/1.1');
    expect(request.fields).toEqual([
      ['Host', 'example.org:8080'],
      ['X-Real-IP', '127.0.0.1'],
      ['X-Forwarded-For', '1.2.3.4, 5.6.7.8, 9.9.9.9, 127.0.0.1'],
      ['X-Forwarded-Proto', 'http'],
      ['Accept', '*/*'],
      ['Cookie', 'a=b'],
      ['Cookie', 'c=d'],
      ['Accept-Encoding', 'gzip'],
    ]);
  });

  test('hop-by-hop fields of a response are dropped', async () => {
    const upstream = await startUpstream(async (connection) => {
      await connection.request();
      connection.send(
        'HTTP/1.1 200 Fine\r\nConnection: X-Mine, close\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2\r\n' +
          'Proxy-Connection: x\r\nTrailer: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nServer: s\r\nContent-Length: 2\r\n\r\nok',
      );
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const response = await client.response();
    expect([response.start, response.body]).toEqual(['HTTP/1.1 200 Fine', 'ok']);
    expect(response.fields).toEqual([
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
      ['Server', 's'],
      ['Content-Length', '2'],
      ['Connection', 'keep-alive'],
    ]);
    expect(proxy.idle).toBe(0);
  });

  test('the host of an absolute target wins, and HTTP/1.0 without Host gets the name of the upstream', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send('GET http://other:81/x HTTP/1.1\r\nHost: a\r\n\r\n');
    const peer = await upstream.accept();
    const request = await peer.request();
    expect([request.start, request.get('host')]).toEqual(['GET /x HTTP/1.1', 'other:81']);
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await client.response();
    client.send('GET / HTTP/1.0\r\n\r\n');
    expect((await peer.request()).get('host')).toBe('backend');
  });

  test('a TLS listener sets X-Forwarded-Proto to https', async () => {
    const upstream = await startUpstream(async (connection) => {
      for (;;) {
        const proto = (await connection.request()).get('x-forwarded-proto') ?? '';
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${proto.length}\r\n\r\n${proto}`);
      }
    });
    const proxy = await startProxy([upstream.port], { tls: localhostTls });
    const client = await proxy.connect();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2));
    expect((await client.response()).body).toBe('https');
    expect((await client.response()).body).toBe('https');
  });
});

test('interim responses are dropped', async () => {
  const answer =
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n' +
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  const upstream = await startUpstream(async (connection) => {
    for (let cut = 0; ; cut++) {
      await connection.request();
      await connection.sendPieces([answer.slice(0, cut), answer.slice(cut)]);
    }
  });
  const proxy = await startProxy([upstream.port]);
  const client = await proxy.connect();
  for (let i = 0; i < answer.length; i++) {
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const response = await client.response();
    expect([response.start, response.body]).toEqual(['HTTP/1.1 200 OK', 'ok']);
  }
  expect(upstream.connections).toHaveLength(1);
});

test('a response that comes byte by byte is relayed whole', async () => {
  const body = `${'x'.repeat(200)}\r\n\r\n`;
  const upstream = await startUpstream(async (connection) => {
    for (;;) {
      await connection.request();
      await connection.sendPieces([...`HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: ${body.length}\r\n\r\n${body}`]);
    }
  });
  const proxy = await startProxy([upstream.port]);
  const client = await proxy.connect();
  for (let i = 0; i < 3; i++) {
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const response = await client.response();
    expect([response.get('x-a'), response.body]).toEqual(['b', body]);
  }
});

test('a response before the end of the request reaches the client, whose body is then discarded', async () => {
  const upstream = await startUpstream(async (connection) => {
    await connection.takeThrough('\r\n\r\n');
    connection.send('HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 5\r\n\r\nlarge');
  });
  const proxy = await startProxy([upstream.port], { limits: { body: 0 } });
  const client = await proxy.connect();
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n${'x'.repeat(300_000)}`);
  const response = await client.response();
  expect([response.start, response.body, response.get('connection')]).toEqual([
    'HTTP/1.1 413 Request Entity Too Large',
    'large',
    'close',
  ]);
  expect(await client.ended()).toBe('fin');
  // The client may go on sending for a while: a reset could destroy the response before it has read it.
  client.send('x'.repeat(300_000));
  const peer = await upstream.accept();
  await peer.ended();
  expect(proxy.peer()).toMatchObject({ active: 0, failures: 0 });
});

test('the request of a client that leaves is aborted at the peer', async () => {
  const upstream = await startUpstream();
  const proxy = await startProxy([upstream.port]);
  for (const leave of ['fin', 'reset'] as const) {
    const client = await proxy.connect();
    client.send('GET /long-poll HTTP/1.1\r\nHost: a\r\n\r\n');
    const peer = await upstream.accept();
    await peer.request();
    if (leave === 'fin') client.socket.end();
    else client.socket.resetAndDestroy();
    await peer.ended();
    expect(proxy.peer()).toMatchObject({ active: 0, failures: 0 });
  }
});
