import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tagOf } from '@pinwheel/protocol';
import { Server } from 'socket.io';
import { io as connect } from 'socket.io-client';
import type { Socket as ClientSocket } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { joinCluster } from './join-cluster.js';
import type { Member } from './join-cluster.js';
import type { MemberOptions } from './options.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Running {
  readonly url: string;
  readonly http: HttpServer;
  readonly member: Member;
  /** Paths that reached the application's own handler. */
  readonly seen: string[];
}

async function listening(http: HttpServer, io: Server): Promise<string> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    const closed = io.close();
    http.closeAllConnections();
    return closed;
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

async function serve(options: MemberOptions = {}, path?: string): Promise<Running> {
  const seen: string[] = [];
  const http = createServer((request, response) => {
    seen.push(request.url ?? '');
    response.end('the application');
  });
  const io = new Server(http, path === undefined ? {} : { path });
  const member = joinCluster(io, { server: 'Server1', signals: [], ...options });
  return { url: await listening(http, io), http, member, seen };
}

function client(url: string, options: Parameters<typeof connect>[1] = {}): ClientSocket {
  const socket = connect(url, { forceNew: true, ...options });
  cleanups.push(() => socket.disconnect());
  return socket;
}

function connected(socket: ClientSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket.io.engine.id));
    socket.once('connect_error', reject);
  });
}

describe('a member', () => {
  it.each(['polling', 'websocket'])('gives session ids that carry its tag, over %s', async (transport) => {
    const { url, member } = await serve({ tag: 'node-1' });
    const sid = await connected(client(url, { transports: [transport] }));
    expect(tagOf(sid)).toBe('node-1');
    expect(member.tag).toBe('node-1');
    expect(sid.length).toBe('node-1.'.length + 24);
  });

  it('derives its tag from the address that it listens on by default', async () => {
    const [one, two] = [await serve(), await serve()];
    expect(tagOf(await connected(client(one.url)))).toBe(one.member.tag);
    expect(one.member.tag).not.toBe(two.member.tag);
  });

  it('joins before it is attached', async () => {
    const http = createServer();
    const io = new Server();
    joinCluster(io, { tag: 'early', signals: [] });
    io.attach(http);
    const url = await listening(http, io);
    expect(tagOf(await connected(client(url)))).toBe('early');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('answers /healthz in front of its application', async () => {
    const { url, seen } = await serve({ tag: 'node-1' });
    const response = await fetch(`${url}/healthz?from=balancer`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const health = await response.json();
    expect(health).toMatchObject({ status: 'alive', tag: 'node-1', server: 'Server1' });
    expect(health).toHaveProperty('uptime', expect.any(Number));
    expect(seen).toEqual([]);
  });

  it('leaves every other path to its application', async () => {
    const { url, seen } = await serve();
    for (const path of ['/', '/healthzz', '/readyz/more', '/healthz/']) {
      expect(await (await fetch(url + path)).text()).toBe('the application');
    }
    expect(seen).toEqual(['/', '/healthzz', '/readyz/more', '/healthz/']);
  });

  it('answers HEAD without a body and POST with 405 on its probes', async () => {
    const { url } = await serve();
    const head = await fetch(`${url}/readyz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await fetch(`${url}/readyz`, { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('is ready without Redis', async () => {
    const { url } = await serve();
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ready: true, server: 'Server1', state: 'up', redis: { state: 'none' } });
  });

  it('serves sessions on another path, and the client bundle', async () => {
    const { url } = await serve({ tag: 'own' }, '/live');
    expect(tagOf(await connected(client(url, { path: '/live' })))).toBe('own');
    expect((await fetch(`${url}/live/socket.io.min.js`)).status).toBe(200);
  });

  it.each([
    [{ tag: 'a.b' }, 'joinCluster: tag: expected 1 to 64 characters A-Z a-z 0-9 _ -, got "a.b"'],
    [{ server: '' }, 'joinCluster: server: expected a name of 1 to 64 characters, got ""'],
    [{ readyTimeout: -1 }, 'joinCluster: readyTimeout: expected milliseconds from 0 to 3,600,000, got -1'],
    [{ drainTimeout: Number.NaN }, 'joinCluster: drainTimeout: expected milliseconds from 0 to 3,600,000, got NaN'],
  ])('refuses %j', (options, message) => {
    expect(() => joinCluster(new Server(), { signals: [], ...options })).toThrow(message);
  });

  it('refuses a server without an HTTP server', () => {
    const io = new Server();
    joinCluster(io, { signals: [] });
    expect(() => io.bind(new Server(createServer()).engine)).toThrow('expected a server attached to an HTTP server');
  });
});
