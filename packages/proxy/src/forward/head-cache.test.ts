import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { type RawConnection, type RawMessage, openRaw } from '@pinwheel/testing/raw-connection';
import { answering, startUpstream } from '@pinwheel/testing/raw-upstream';
import { startProxy } from '../testing/started-proxy.js';
import type { GivenProxyOptions } from '../options/proxy.js';
import { createProxy } from '../proxy.js';

/** A peer that answers with the head of the request it got. */
async function echo(connection: RawConnection): Promise<void> {
  for (;;) {
    const { start, fields } = await connection.request();
    const text = [start, ...fields.map(([name, value]) => `${name}: ${value}`)].join('\n');
    connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
  }
}

/** What a peer gets of each of the requests that follow each other on one connection. */
async function heard(options: (port: number) => GivenProxyOptions, requests: readonly string[]): Promise<string[]> {
  const { port } = await startUpstream(echo);
  const proxy = createProxy(options(port));
  await proxy.listen();
  onTestFinished(() => proxy.close(0));
  const client = await openRaw(proxy.addresses[0]?.port ?? 0);
  onTestFinished(() => client.destroy());
  const bodies: string[] = [];
  for (const request of requests) {
    client.send(request);
    bodies.push((await client.response()).body);
  }
  return bodies;
}

const get = (target: string, fields = ''): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;

describe('requests of one connection with equal fields', () => {
  const options = (port: number): GivenProxyOptions => ({
    listeners: [{ port: 0 }],
    upstreams: [{ name: 'backend', peers: [{ host: '127.0.0.1', port }] }],
  });

  test('requests with equal fields reach the peer with their own request lines', async () => {
    const bodies = await heard(
      options,
      ['/a?t=1', '/b?t=2', '/a?t=3'].map((target) => get(target, 'X: 1\r\n')),
    );
    expect(bodies.map((body) => body.slice(0, body.indexOf('\n')))).toEqual([
      'GET /a?t=1 HTTP/1.1',
      'GET /b?t=2 HTTP/1.1',
      'GET /a?t=3 HTTP/1.1',
    ]);
    expect(new Set(bodies.map((body) => body.slice(body.indexOf('\n')))).size).toBe(1);
  });

  test('requests reach the peer as they were sent, however often equal ones came before', async () => {
    const post = (body: string): string =>
      `POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const round = [get('/a'), get('/a'), post('abc'), post('xyz'), get('/b'), get('/a'), post('four')];
    const requests = [...round, ...round, ...round, get('/a'), get('/a'), get('/a', 'X: 1\r\n'), get('/a')];
    const bodies = await heard(options, requests);
    const lone = await Promise.all(requests.map(async (request) => (await heard(options, [request]))[0]));
    expect(bodies).toEqual(lone);
  });

  test('Accept-Encoding is dropped only from the request whose response names a new session', async () => {
    const opening = '/?EIO=4&transport=polling';
    const targets = ['/', opening, '/', opening, `${opening}&sid=x`];
    const bodies = await heard(
      options,
      targets.map((target) => get(target, 'Accept-Encoding: gzip\r\n')),
    );
    expect(bodies.map((body) => body.includes('gzip'))).toEqual([true, false, true, false, true]);
  });

  test('requests reach the peer with the fields of their own location', async () => {
    const located = (port: number): GivenProxyOptions => ({
      ...options(port),
      servers: [
        {
          locations: ['/a', '/b'].map((path) => ({
            path,
            upstream: 'backend',
            fields: [{ name: 'X-At', value: path }],
          })),
        },
      ],
    });
    const bodies = await heard(
      located,
      ['/a', '/b', '/a', '/a', '/a', '/a', '/b', '/a'].map((target) => get(target)),
    );
    const shown = bodies.map((body) => /X-At: (.*)/.exec(body)?.[1]);
    expect(shown).toEqual(['/a', '/b', '/a', '/a', '/a', '/a', '/b', '/a']);
  });

  test('a steady field is worked out once, and others at each request', async () => {
    const steady = vi.fn<() => string>(() => 'steady');
    const other = vi.fn<() => string>(() => 'other');
    const located = (port: number): GivenProxyOptions => ({
      ...options(port),
      servers: [
        {
          locations: [
            { path: '/a', upstream: 'backend', fields: [{ name: 'X', value: steady, steady: true }] },
            { path: '/b', upstream: 'backend', fields: [{ name: 'X', value: other }] },
          ],
        },
      ],
    });
    const bodies = await heard(
      located,
      ['/a', '/a', '/b', '/b'].map((target) => get(target)),
    );
    expect(bodies.map((body) => /X: (.*)/.exec(body)?.[1])).toEqual(['steady', 'steady', 'other', 'other']);
    expect([steady, other].map(({ mock }) => mock.calls.length)).toEqual([1, 2]);
  });

  test('requests after a reload reach the peer with the new fields', async () => {
    const { port } = await startUpstream(echo);
    const listeners = [{ port: await freePort() }];
    const withField = (value: string): GivenProxyOptions => ({
      ...options(port),
      listeners,
      servers: [{ locations: [{ path: '/', upstream: 'backend', fields: [{ name: 'X', value }] }] }],
    });
    const proxy = createProxy(withField('before'));
    await proxy.listen();
    onTestFinished(() => proxy.close(0));
    const client = await openRaw(proxy.addresses[0]?.port ?? 0);
    onTestFinished(() => client.destroy());
    const ask = async (): Promise<string | undefined> => {
      client.send(get('/'));
      return /X: (.*)/.exec((await client.response()).body)?.[1];
    };
    for (let i = 0; i < 5; i++) expect(await ask()).toBe('before');
    await proxy.reload(withField('after'));
    expect([await ask(), await ask()]).toEqual(['after', 'after']);
  });
});

describe('responses with equal heads', () => {
  test('a response to Connection: close says close, whatever was cached', async () => {
    const { port } = await startUpstream(answering('hello'));
    const client = await (await startProxy([port])).connect();
    const answers: RawMessage[] = [];
    for (const fields of ['', '', 'Connection: close\r\n']) {
      client.send(get('/', fields));
      answers.push(await client.response());
    }
    expect(answers.map((answer) => answer.get('connection'))).toEqual(['keep-alive', 'keep-alive', 'close']);
  });

  test('the responses to HEAD and GET with equal heads have the same length, and only GET gets the body', async () => {
    const upstream = await startUpstream(async (connection) => {
      for (;;) {
        const { start } = await connection.request();
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${start.startsWith('HEAD') ? '' : 'hello'}`);
      }
    });
    const client = await (await startProxy([upstream.port])).connect();
    for (let i = 0; i < 3; i++) {
      client.send(get('/'));
      expect((await client.response()).body).toBe('hello');
      client.send(get('/').replace('GET', 'HEAD'));
      expect(await client.takeThrough('\r\n\r\n')).toContain('Content-Length: 5\r\n');
    }
  });
});
