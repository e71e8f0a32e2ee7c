import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import type { RawConnection } from '@pinwheel/testing/raw-connection';
import { answering, startUpstream } from '@pinwheel/testing/raw-upstream';
import { until } from '@pinwheel/testing/until';
import { startProxy } from '../testing/started-proxy.js';
import type { RetryOptions } from '../options/pass.js';
import type { FailedAttempt } from './retry.js';
import { RetryRule, USUAL_RETRIES } from './retry.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';

describe('retries by nginx’s default rule', () => {
  const failed: FailedAttempt = {
    code: 'upstream_closed',
    method: 'GET',
    requestSent: true,
    bodyKept: true,
    responseStarted: false,
    attempts: 1,
    maxAttempts: 3,
    elapsed: 0,
  };

  test.each<[boolean, string, Partial<FailedAttempt>]>([
    [true, 'a GET without a response', {}],
    [true, 'a PUT without a response', { method: 'PUT' }],
    [true, 'a GET that timed out', { code: 'upstream_timeout' }],
    [true, 'a POST whose connection was refused', { method: 'POST', code: 'connect_failed', requestSent: false }],
    [true, 'a POST whose connection timed out', { method: 'POST', code: 'connect_timeout', requestSent: false }],
    [false, 'a POST that was sent', { method: 'POST' }],
    [false, 'a PATCH that was sent', { method: 'PATCH' }],
    [false, 'a LOCK that was sent', { method: 'LOCK' }],
    [false, 'a PUT whose body was not kept', { method: 'PUT', bodyKept: false }],
    [false, 'a request whose response has begun', { responseStarted: true }],
    [false, 'a request whose response is not HTTP', { code: 'bad_response' }],
    [false, 'a request that every peer was tried for', { attempts: 3 }],
  ])('%s: %s', (allowed, _name, change) => {
    expect(USUAL_RETRIES.afterFailure({ ...failed, ...change })).toBe(allowed);
  });
});

describe('retries by a configured rule', () => {
  const attempted = { method: 'GET', requestSent: true, bodyKept: true, attempts: 1, maxAttempts: 3, elapsed: 40 };

  test.each<[boolean, string, number, Partial<RetryOptions>, Partial<FailedAttempt>]>([
    [true, 'a status that the rule names', 503, { on: ['http_502', 'http_503'] }, {}],
    [false, 'a status that the rule does not name', 500, { on: ['http_502', 'http_503'] }, {}],
    [false, 'a POST', 503, { on: ['http_503'] }, { method: 'POST' }],
    [true, 'a POST with non_idempotent', 503, { on: ['http_503', 'non_idempotent'] }, { method: 'POST' }],
    [false, 'a request that every peer was tried for', 503, { on: ['http_503'] }, { attempts: 3 }],
    [true, 'a request within its time', 503, { on: ['http_503'], timeout: 50 }, {}],
    [false, 'a request after its time', 503, { on: ['http_503'], timeout: 40 }, {}],
    [false, 'a request whose body was not kept', 503, { on: ['http_503'] }, { bodyKept: false }],
  ])('%s: %s', (allowed, _name, status, options, change) => {
    const rule = new RetryRule({ on: [], tries: 0, timeout: 0, ...options });
    expect(rule.afterStatus(status, { ...attempted, ...change })).toBe(allowed);
  });

  test('a rule without occasions retries nothing, not even a request that a closed connection took', () => {
    const rule = new RetryRule({ on: [], tries: 0, timeout: 0 });
    expect(rule.afterFailure({ ...attempted, code: 'upstream_closed', responseStarted: false })).toBe(false);
    expect(rule.afterFailure({ ...attempted, code: 'connect_failed', responseStarted: false })).toBe(false);
  });

  test('invalid_header includes a response that is not HTTP', () => {
    const rule = new RetryRule({ on: ['invalid_header'], tries: 0, timeout: 0 });
    expect(rule.afterFailure({ ...attempted, code: 'bad_response', responseStarted: false })).toBe(true);
  });
});

describe('a peer that closes without a response', () => {
  test.each([
    ['before the request is read', ''],
    ['within its head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['after an interim response', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('a peer that closes %s: a GET is retried at the next peer, a POST gets 502', async (_name, said) => {
    const dying = await startUpstream(async (connection) => {
      await connection.request();
      if (said !== '') connection.send(said);
      connection.socket.end();
    });
    const living = await startUpstream(answering('living'));
    const proxy = await startProxy([dying.port, living.port], {
      upstream: { peers: [dying, living].map(({ port }) => ({ host: '127.0.0.1', port, maxFails: 0 })) },
    });
    const client = await proxy.connect();
    const answers: string[] = [];
    for (let i = 0; i < 6; i++) {
      client.send(GET);
      answers.push((await client.response()).body);
    }
    expect(answers).toEqual(Array.from({ length: 6 }, () => 'living'));
    expect(dying.connections.length).toBeGreaterThan(1);
    const statuses: string[] = [];
    const before = dying.connections.length;
    for (let i = 0; i < 4; i++) {
      client.send(POST);
      const { start, body } = await client.response();
      statuses.push(start);
      expect(body).toContain(start.includes('502') ? '<title>502 Bad Gateway</title>' : 'body');
    }
    expect(new Set(statuses)).toEqual(new Set(['HTTP/1.1 502 Bad Gateway', 'HTTP/1.1 200 OK']));
    // Each POST that reached the dying peer was answered 502: none was sent twice.
    expect(dying.connections.length - before).toBe(statuses.filter((start) => start.includes('502')).length);
    expect(proxy.peer(0).failures).toBe(dying.connections.length);
    expect(proxy.peer(1)).toMatchObject({ active: 0, failures: 0 });
  });
});

test('GET and POST skip a peer that refuses connections, and its failure counts', async () => {
  const living = await startUpstream(answering('living'));
  const proxy = await startProxy([await freePort(), living.port]);
  const client = await proxy.connect();
  client.send(POST);
  expect((await client.response()).body).toBe('body');
  for (let i = 0; i < 5; i++) {
    client.send(GET);
    expect((await client.response()).body).toBe('living');
  }
  // max_fails 1: asked once, then left alone.
  expect(proxy.peer(0)).toMatchObject({ requests: 1, failures: 1, state: 'failed', active: 0 });
  expect(proxy.log.join('\n')).toContain('ECONNREFUSED');
});

test('a request that no peer is left for gets the page of 502, and the client connection stays open', async () => {
  const proxy = await startProxy([await freePort(), await freePort()]);
  const client = await proxy.connect();
  for (let i = 0; i < 3; i++) {
    client.send(GET);
    const { start, body, get } = await client.response();
    expect([start, get('content-type'), get('connection')]).toEqual([
      'HTTP/1.1 502 Bad Gateway',
      'text/html',
      'keep-alive',
    ]);
    expect(body).toContain('<title>502 Bad Gateway</title>');
  }
  client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect((await client.response('HEAD')).start).toBe('HTTP/1.1 502 Bad Gateway');
  expect(proxy.peer(0).active + proxy.peer(1).active).toBe(0);
});

test('a GET skips a silent peer, and gets 504 when every peer is silent', async () => {
  const silent = await startUpstream(async (connection) => {
    for (;;) await connection.request();
  });
  const living = await startUpstream(answering('living'));
  const proxy = await startProxy([silent.port, living.port], { timeouts: { read: 100 } });
  const client = await proxy.connect();
  client.send(GET.repeat(2));
  expect((await client.response()).body).toBe('living');
  expect((await client.response()).body).toBe('living');
  expect(proxy.peer(0).failures).toBe(1);

  const alone = await startProxy([silent.port], { timeouts: { read: 100 } });
  const waiting = await alone.connect();
  waiting.send(POST);
  const { start, body } = await waiting.response();
  expect(start).toBe('HTTP/1.1 504 Gateway Time-out');
  expect(body).toContain('<title>504 Gateway Time-out</title>');
  expect(alone.peer().active).toBe(0);
});

test('a peer with a full accept queue gives 504 after the connect timeout', async () => {
  const port = await fullPort();
  const proxy = await startProxy([port], { timeouts: { connect: 150 } });
  const client = await proxy.connect();
  client.send(POST);
  expect((await client.response()).start).toBe('HTTP/1.1 504 Gateway Time-out');
  const living = await startUpstream(answering(''));
  const both = await startProxy([port, living.port], { timeouts: { connect: 150 } });
  const other = await both.connect();
  other.send(POST);
  expect((await other.response()).body).toBe('body');
});

/** A port whose listener accepts nothing, with its queue full: a further connection is neither made nor refused. */
async function fullPort(): Promise<number> {
  const blocked = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  const port = await new Promise<number>((resolve) => {
    blocked.once('message', resolve);
  });
  const sockets = Array.from({ length: 8 }, () => connect({ port, host: '127.0.0.1' }));
  for (const socket of sockets) socket.on('error', () => undefined);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await blocked.terminate();
  });
  await until('a filled queue', () => sockets.filter((socket) => !socket.connecting).length >= 2);
  return port;
}

describe('an idle connection that the peer has closed', () => {
  test('a GET on a stale connection is sent to the same peer over a new one, and no failure counts', async () => {
    let answered = 0;
    const upstream = await startUpstream(async (connection) => {
      // Answers one request, then closes on the next without an answer, as one does whose idle timeout has come.
      await connection.request();
      answered++;
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      await connection.request();
      connection.destroy();
    });
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    for (let i = 0; i < 10; i++) {
      client.send(GET);
      expect((await client.response()).body).toBe('ok');
    }
    expect(answered).toBe(10);
    expect(proxy.peer()).toMatchObject({ active: 0, failures: 0, state: 'up' });
    client.send(POST);
    expect((await client.response()).start).toBe('HTTP/1.1 502 Bad Gateway');
  });

  test('an idle connection that closes leaves the pool at once', async () => {
    const upstream = await startUpstream(answering('ok'));
    const proxy = await startProxy([upstream.port]);
    const client = await proxy.connect();
    client.send(GET);
    await client.response();
    expect(proxy.idle).toBe(1);
    (await upstream.accept()).socket.end();
    await until('the idle connection is forgotten', () => proxy.idle === 0);
    client.send(POST);
    expect((await client.response()).body).toBe('body');
  });
});

/** Answers one request, and closes its connection at the second. */
async function dyingOnSecond(connection: RawConnection): Promise<void> {
  await connection.request();
  connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  await connection.request();
  connection.destroy();
}

test('a GET is answered after all peers have restarted and all idle connections are stale', async () => {
  const one = await startUpstream(dyingOnSecond);
  const two = await startUpstream(dyingOnSecond);
  const proxy = await startProxy([one.port, two.port]);
  const clients = await Promise.all(Array.from({ length: 6 }, () => proxy.connect()));
  for (let round = 0; round < 4; round++) {
    for (const client of clients) client.send(GET);
    for (const client of clients) expect((await client.response()).body).toBe('ok');
  }
  expect(proxy.peer(0).failures + proxy.peer(1).failures).toBe(0);
});
