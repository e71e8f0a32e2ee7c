import { describe, expect, test } from 'vitest';
import { localhostTls } from '@pinwheel/testing/localhost-tls';
import type { RawConnection } from '@pinwheel/testing/raw-connection';
import { answering, startUpstream } from '@pinwheel/testing/raw-upstream';
import { until } from '@pinwheel/testing/until';
import type { StartedProxy } from '../testing/started-proxy.js';
import { startProxy } from '../testing/started-proxy.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a request that must not be forwarded', () => {
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
  const post = (fields: string, body: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`;

  test.each<[number, string, string]>([
    [400, 'CL.TE', post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`)],
    [400, 'TE.CL', post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `5c\r\n${smuggled}0\r\n\r\n`)],
    [400, 'TE.TE', post('Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n', `0\r\n\r\n${smuggled}`)],
    [400, 'TE with a blank before the colon', post('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${smuggled}`)],
    [400, 'TE behind a bare CR', post('X: y\rTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`)],
    [400, 'TE folded', post('Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${smuggled}`)],
    [400, 'TE with a vertical tab', post('Transfer-Encoding:\x0bchunked\r\n', `0\r\n\r\n${smuggled}`)],
    [400, 'TE in HTTP/1.0', `POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    [400, 'CL twice', post('Content-Length: 0\r\nContent-Length: 44\r\n', smuggled)],
    [400, 'CL with a sign', post('Content-Length: +44\r\n', smuggled)],
    [400, 'CL behind NUL', post('Content-Length: 44\x00\r\n', smuggled)],
    [400, 'a second Host', `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${smuggled}`],
    [400, 'a space in the target', `GET / HTTP/1.1 /x HTTP/1.1\r\nHost: a\r\n\r\n${smuggled}`],
    [400, 'no request at all', `\x16\x03\x01\x02\x00\x01\n\n${smuggled}`],
    [405, 'CONNECT', `CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n${smuggled}`],
    [400, 'HTTP/2 with prior knowledge', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${smuggled}`],
    [414, 'a long target', `GET /${'a'.repeat(9_000)} HTTP/1.1\r\nHost: a\r\n\r\n${smuggled}`],
    [400, 'many fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(100)}\r\n${smuggled}`],
    [413, 'a large body', post('Content-Length: 2000000\r\n', smuggled)],
  ])('a bad request is answered %i and its connection closed: %s', async (status, _name, text) => {
    const upstream = await startUpstream(answering(''));
    const proxy = await startProxy([upstream.port]);
    for (const pieces of [[text], text.length < 400 ? [...text] : [text.slice(0, 30), text.slice(30)]]) {
      const client = await proxy.connect();
      // A good request before a bad one is served.
      client.send(GET);
      expect((await client.response()).start).toBe('HTTP/1.1 200 OK');
      const sending = client.sendPieces(pieces);
      const { start, get } = await client.response();
      expect([start.split(' ')[1], get('connection')]).toEqual([String(status), 'close']);
      expect(await client.ended()).toBe('fin');
      expect(client.text).toBe('');
      await sending;
    }
    expect(proxy.peer().requests).toBe(2);
    expect(proxy.peer().active).toBe(0);
  });

  const bad = 'POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

  test.each([
    ['a size that is no number', '3\r\nabc\r\nxyz\r\n'],
    ['more data than the size says', '3\r\nabcd\r\n0\r\n\r\n'],
    ['a bare CR', '3\r\nabc\r\n0\r\n\rX'],
  ])('a request whose chunks turn out invalid is truncated at the peer: %s', async (_name, chunks) => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    await client.sendPieces([bad + chunks + smuggled]);
    expect((await client.response()).start).toBe('HTTP/1.1 400 Bad Request');
    expect(await client.ended()).toBe('fin');
    await until('nothing is active', () => proxy.peer().active === 0);
    for (const connection of upstream.connections) {
      await connection.ended();
      // Neither the end of the body nor the bytes after it ever arrived.
      expect(connection.text).not.toContain('0\r\n\r\n');
      expect(connection.text).not.toContain('smuggled');
    }
  });

  test('a request within the limits is served', async () => {
    const upstream = await startUpstream(answering('ok'));
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send(`GET /${'a'.repeat(8_000)} HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(99)}\r\n`);
    expect((await client.response()).body).toBe('ok');
  });
});

test('request bodies that look like requests never reach a peer as requests', async () => {
  const targets: string[] = [];
  const upstream = await startUpstream(async (connection) => {
    for (;;) {
      const { start, fields, body } = await connection.request();
      expect(start).toMatch(/^(GET|POST) \/\d+ HTTP\/1\.1$/);
      expect(fields.every(([name]) => /^[\w-]+$/.test(name))).toBe(true);
      targets.push(start);
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    }
  });
  const proxy = await startProxy([upstream.port]);
  const bodies = [
    ['Content-Length: 30', 'GET /bad HTTP/1.1\r\nHost: a\r\n\r\n'.slice(0, 30)],
    ['Transfer-Encoding: chunked', '1e;x="GET /bad"\nGET /bad HTTP/1.1\r\nHost: a\r\n\r\n\n0\nGET: /bad\n\n'],
  ] as const;
  for (const [index, [field, body]] of bodies.entries()) {
    const client = await proxy.connect();
    client.send(`POST /${index} HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n${body}${GET.replace('/', `/${index}0`)}`);
    expect((await client.response()).body).toHaveLength(30);
    expect((await client.response()).body).toBe('');
  }
  expect(targets).toEqual(['POST /0 HTTP/1.1', 'GET /00 HTTP/1.1', 'POST /1 HTTP/1.1', 'GET /10 HTTP/1.1']);
});

describe('limits.body', () => {
  const limits = { body: 1_000 };

  test('a Content-Length over the limit gets 413 before anything is forwarded, without 100 Continue', async () => {
    const upstream = await startUpstream(answering('ok'));
    const proxy = await startProxy([upstream.port], { limits });
    const client = await proxy.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n');
    expect((await client.response()).start).toBe('HTTP/1.1 413 Request Entity Too Large');
    expect(await client.ended()).toBe('fin');
    expect(proxy.peer().requests).toBe(0);
  });

  test('a chunked body gets 413 when it exceeds the limit', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port], { limits });
    const client = await proxy.connect();
    client.send(
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${`190\r\n${'x'.repeat(400)}\r\n`.repeat(3)}`,
    );
    expect((await client.response()).start).toBe('HTTP/1.1 413 Request Entity Too Large');
    expect(await client.ended()).toBe('fin');
    await until('nothing is active', () => proxy.peer().active === 0);
  });

  test('a body of exactly the limit passes', async () => {
    const upstream = await startUpstream(answering(''));
    const proxy = await startProxy([upstream.port], { limits });
    const client = await proxy.connect();
    const body = 'x'.repeat(1_000);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n${body}`);
    expect((await client.response()).body).toBe(body);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n${body}\r\n0\r\n\r\n`);
    expect((await client.response()).body).toBe(body);
  });
});

/** A body that comes in one read of the peer, so that its exchange ends at once even if the client takes nothing. */
const ANSWER = 'x'.repeat(12_000);

/** Resolves with the value when it has not changed for a while: all buffers are full. */
async function untilStill(value: () => number): Promise<number> {
  let before = -1;
  while (value() !== before) {
    before = value();
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  return before;
}

/**
 * A client that has taken none of its responses, the last of which the proxy has not been able to send. The number of
 * requests for that is found on another connection first; if this one needs fewer, the last requests have not begun.
 */
async function congested(proxy: StartedProxy): Promise<{ client: RawConnection; sent: number; begun: number }> {
  const trial = await proxy.connect();
  trial.socket.pause();
  trial.send(GET.repeat(900));
  const sent = await untilStill(() => proxy.peer().requests);
  trial.socket.resetAndDestroy();
  const client = await proxy.connect();
  client.socket.pause();
  client.send(GET.repeat(sent));
  const begun = (await untilStill(() => proxy.peer().requests)) - sent;
  return { client, sent, begun };
}

async function expectAnswers(client: RawConnection, count: number, length = ANSWER.length): Promise<void> {
  client.socket.resume();
  for (let i = 0; i < count; i++) expect((await client.response()).body).toHaveLength(length);
}

describe('slow and broken clients', () => {
  test('a client that never ends its head is closed without a response, however slowly it sends', async () => {
    const upstream = await startUpstream(answering('ok'));
    const proxy = await startProxy([upstream.port], { timeouts: { clientHeader: 150 } });
    const client = await proxy.connect();
    client.send('GET / HTTP/1.1\r\n');
    const dripping = setInterval(() => client.send('X: y\r\n'), 20);
    await client.ended().finally(() => clearInterval(dripping));
    expect(client.text).toBe('');
    expect(proxy.log).toEqual([
      expect.stringMatching(
        /^\*\d+ client timed out \(110: Connection timed out\) while reading client request headers/,
      ),
    ]);
  });

  test('a client that sends nothing is closed without a response', async () => {
    const upstream = await startUpstream(answering('ok'));
    const proxy = await startProxy([upstream.port], { timeouts: { clientHeader: 50, keepalive: 50 } });
    const silent = await proxy.connect();
    await silent.ended();
    expect(silent.text).toBe('');
    const idle = await proxy.connect();
    idle.send(GET);
    expect((await idle.response()).body).toBe('ok');
    expect(await idle.ended()).toBe('fin');
    expect(idle.text).toBe('');
    await until('no client is left', () => proxy.proxy.status().clients === 0);
  });

  test('a client that stops within its body is closed without a response, and the peer is released', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port], { timeouts: { clientBody: 80 } });
    const client = await proxy.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
    await client.ended();
    expect(client.text).toBe('');
    await (await upstream.accept()).ended();
    expect(proxy.peer()).toMatchObject({ active: 0, failures: 0 });
  });

  test('a client gets 504 when the peer does not take its body', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port], {
      limits: { body: 0 },
      timeouts: { clientBody: 100, upstreamSend: 300 },
    });
    const client = await proxy.connect();
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n`);
    client.send(Buffer.alloc(30_000_000));
    (await upstream.accept()).socket.pause();
    expect((await client.response()).start).toBe('HTTP/1.1 504 Gateway Time-out');
  });

  test('a client that half-closes gets the whole of its last response', async () => {
    const upstream = await startUpstream(answering(ANSWER));
    const proxy = await startProxy([upstream.port]);
    const { client, sent, begun } = await congested(proxy);
    client.socket.end();
    await expectAnswers(client, begun);
    expect(begun < sent ? 'fin' : await client.ended()).toBe('fin');
  });

  test('the keepalive timeout does not close a client that reads slowly', async () => {
    const upstream = await startUpstream(answering(ANSWER));
    const proxy = await startProxy([upstream.port], { timeouts: { keepalive: 50 } });
    const { client, sent } = await congested(proxy);
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    await expectAnswers(client, sent);
    expect(await client.ended()).toBe('fin');
  });

  test('a client that pipelines requests and reads no responses is not read further', async () => {
    const upstream = await startUpstream(answering('x'.repeat(60_000)));
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.socket.pause();
    client.send(GET.repeat(1_000));
    // The responses have 60 MB; the kernel's buffers hold a few.
    expect(await untilStill(() => proxy.peer().requests)).toBeLessThan(300);
    await expectAnswers(client, 1_000, 60_000);
  });
});

describe('Proxy.close', () => {
  test('close ends idle connections at once and busy ones after their response', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const idle = await proxy.connect();
    const busy = await proxy.connect();
    const streaming = await proxy.connect();
    busy.send(GET);
    const one = await upstream.accept();
    await one.request();
    streaming.send(GET);
    const two = await upstream.accept();
    two.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab');
    await streaming.takeThrough('ab');
    const closed = proxy.proxy.close(10_000);
    expect(await idle.ended()).toBe('fin');
    one.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const { body, get } = await busy.response();
    expect([body, get('connection')]).toEqual(['ok', 'close']);
    busy.destroy();
    two.send('cd');
    // The response's head said keep-alive before the proxy was closed.
    expect(await streaming.take(2)).toBe('cd');
    expect(await streaming.ended()).toBe('fin');
    streaming.destroy();
    await closed;
    expect(proxy.proxy.status()).toMatchObject({ clients: 0, tunnels: 0 });
    expect(proxy.idle).toBe(0);
  });

  test('close lets a response that is being sent arrive whole', async () => {
    const upstream = await startUpstream(answering(ANSWER));
    const proxy = await startProxy([upstream.port]);
    const { client, begun } = await congested(proxy);
    const closed = proxy.proxy.close(10_000);
    await expectAnswers(client, begun);
    expect(await client.ended()).toBe('fin');
    client.destroy();
    await closed;
  });

  test('close cuts off what is left after the grace', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send(GET);
    const peer = await upstream.accept();
    await peer.request();
    await proxy.proxy.close(50);
    await client.ended();
    await peer.ended();
    expect(client.text).toBe('');
    expect(proxy.peer().active).toBe(0);
  });
});

test('requests over TLS are refused, limited and answered as over plain TCP', async () => {
  const upstream = await startUpstream(answering('ok'));
  const proxy = await startProxy([upstream.port], { tls: localhostTls, limits: { body: 100 } });
  const client = await proxy.connect();
  client.send(GET.repeat(3));
  for (let i = 0; i < 3; i++) expect((await client.response()).body).toBe('ok');
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n');
  expect((await client.response()).start).toBe('HTTP/1.1 413 Request Entity Too Large');
  expect(await client.ended()).toBe('fin');
  const other = await proxy.connect();
  other.send('nonsense\r\n\r\n');
  expect((await other.response()).start).toBe('HTTP/1.1 400 Bad Request');
});
