import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { usesPlainSockets } from '@pinwheel/raw-socket';
import { answering, startUpstream } from '@pinwheel/testing/raw-upstream';
import { until } from '@pinwheel/testing/until';
import { expect, onTestFinished, test } from 'vitest';
import type { Facts } from '../facts.js';
import type { HandOffTarget } from '../options/hand-off-target.js';
import type { GivenLocation } from '../options/proxy.js';
import { startProxy } from '../testing/started-proxy.js';

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

test('return 444 ends the connection: a pipelined request after it is not served, and no error is counted', async () => {
  const upstream = await startUpstream(answering('x'));
  const ends: number[] = [];
  const onEnd = ({ status }: Facts): void => void ends.push(status);
  const locations: readonly GivenLocation[] = [
    { path: '/silent', reply: { status: 444 }, onEnd },
    { path: '/', upstream: 'backend', onEnd },
  ];
  const proxy = await startProxy([upstream.port], { servers: [{ locations }] });
  const client = await proxy.connect();
  client.send('GET /silent HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.ended();
  expect(client.text).toBe('');
  await until('the connection is closed', () => proxy.proxy.status().clients === 0);
  expect(ends).toEqual([444]);
  expect(proxy.peer().requests).toBe(0);
  expect(proxy.proxy.status().errors).toBe(0);
});

test('a truncated response counts as one error', async () => {
  const upstream = await startUpstream(async (peer) => {
    await peer.request();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort');
    peer.destroy();
  });
  const proxy = await startProxy([upstream.port]);
  const client = await proxy.connect();
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.ended();
  await until('the connection is closed', () => proxy.proxy.status().clients === 0);
  expect(proxy.proxy.status().errorsByCode).toEqual({ upstream_truncated: 1 });
});

test('an error page that cannot be forwarded gets its own error while the body is still coming', async () => {
  const locations: readonly GivenLocation[] = [
    {
      path: '/',
      upstream: 'backend',
      errorPages: [{ statuses: [502], target: '@other' }],
      pass: { bufferRequest: false },
    },
    { path: '@other', match: 'named', pass: { bufferRequest: false, url: () => 'http://' } },
  ];
  const proxy = await startProxy([1], { servers: [{ locations }] });
  const client = await proxy.connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc');
  expect((await client.response()).start).toBe('HTTP/1.1 500 Internal Server Error');
});

test('requests behind an upgrade are served when every process refuses the connection at once', async () => {
  const handOff: HandOffTarget = {
    available: true,
    give(_socket, _text, _idleMs, listener) {
      listener.onRefused();
      return { destroy: () => undefined };
    },
  };
  const locations: readonly GivenLocation[] = [
    { path: '/ws', upstream: 'backend' },
    { path: '/', reply: { status: 200, text: 'next' } },
  ];
  const proxy = await startProxy([{ host: '127.0.0.1', port: 1, handOff }], { servers: [{ locations }] });
  const client = await proxy.connect();
  client.send(`GET /ws HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect((await client.response()).start).toBe('HTTP/1.1 502 Bad Gateway');
  expect((await client.response()).start).toBe('HTTP/1.1 200 OK');
});

test('a WebSocket request with a body is not handed off', async () => {
  let given = 0;
  const handOff: HandOffTarget = {
    available: true,
    give() {
      given++;
      return { destroy: () => undefined };
    },
  };
  const upstream = await startUpstream(answering('x'));
  const peer = { host: '127.0.0.1', port: upstream.port, handOff };
  const locations: readonly GivenLocation[] = [{ path: '/', upstream: 'backend', pass: { bufferRequest: true } }];
  const proxy = await startProxy([peer], { servers: [{ locations }] });
  const client = await proxy.connect();
  client.send(`GET / HTTP/1.1\r\nHost: a\r\n${UPGRADE}Content-Length: 4\r\n\r\nbodyframe`);
  expect((await client.response()).start).toBe('HTTP/1.1 200 OK');
  expect(given).toBe(0);
});

/** Whole numbers from 0 to `below`, the same in every run (Park and Miller, "Random number generators", 1988). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** A peer that answers slowly, wrongly, in pieces, with a 101, or not at all. */
async function startUnreliablePeer(random: (below: number) => number): Promise<Server> {
  const answers = [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort',
    'HTTP/1.1 200 OK\r\n\r\nuntil close',
    'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframe',
    'nonsense\r\n\r\n',
    '',
  ];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      const answer = answers[random(answers.length)] ?? '';
      const cut = random(answer.length + 1);
      if (answer === '') socket.destroy();
      else if (random(3) === 0) socket.write(answer);
      else {
        socket.write(answer.slice(0, cut));
        setTimeout(() => (random(4) === 0 ? socket.resetAndDestroy() : socket.write(answer.slice(cut))), random(6));
      }
      if (random(4) === 0) setTimeout(() => socket.destroy(), random(10));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** A process that takes connections, refuses them at once or later, exits, or does not react. */
function unreliableProcess(random: (below: number) => number): HandOffTarget {
  return {
    get available() {
      return random(4) > 0;
    },
    give(socket, _text, _idleMs, listener) {
      const end = { status: 101, bytesReceived: 1, bytesSent: 1 };
      const later = (act: () => void): void => void setTimeout(act, random(8));
      const take = (): void => {
        listener.onTaken();
        later(() => listener.onEnded(random(2) === 0 ? end : undefined));
      };
      // Takes every other connection, so that no run is without a hand-off.
      const ways = [
        () => listener.onRefused(),
        () => later(() => listener.onRefused()),
        () => later(() => listener.onEnded(undefined)),
        () => undefined,
        take,
        take,
        () => later(take),
        () => later(take),
      ];
      ways[random(ways.length)]?.();
      return { destroy: () => socket.destroy() };
    },
  };
}

const REQUESTS = [
  'GET /forward HTTP/1.1\r\nHost: a\r\n\r\n',
  'HEAD /forward HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /intercept HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /forward HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789',
  'POST /buffered HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n4\r\nabcd\r\n0\r\n\r\n',
  'POST /own HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n',
  'POST /forward HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nbroken\r\n',
  'GET /own HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /silent HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /missing HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /loop HTTP/1.1\r\nHost: a\r\n\r\n',
  'bad request\r\n\r\n',
  `GET /forward HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\nearly frames`,
  `GET /buffered HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`,
  `GET /forward HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`,
  `GET /intercept HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`,
];

/** Sends a few requests in pieces, and leaves in one of the ways that clients leave. */
async function unreliableClient(port: number, random: (below: number) => number): Promise<void> {
  const socket: Socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  if (random(5) > 0) socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const count = 1 + random(3);
  for (let i = 0; i < count && !socket.destroyed; i++) {
    const text = REQUESTS[random(REQUESTS.length)] ?? '';
    const cut = random(3) === 0 ? random(text.length) : text.length;
    socket.write(text.slice(0, cut), 'latin1');
    if (cut < text.length) await pause(random(4));
    socket.write(text.slice(cut), 'latin1');
    if (random(2) === 0) await pause(random(12));
  }
  const way = random(4);
  if (way === 0) socket.resetAndDestroy();
  else if (way === 1) socket.destroy();
  else if (way === 2) socket.end();
  const late = setTimeout(() => socket.destroy(), 40 + random(40));
  await closed;
  clearTimeout(late);
}

test.each([1, 2, 3, 4])(
  'every request is logged once, whatever clients and peers do and whenever they leave (seed %i)',
  async (seed) => {
    const random = randomFrom(seed);
    const peers = [await startUnreliablePeer(random), await startUnreliablePeer(random)];
    onTestFinished(() => peers.forEach((peer) => peer.close()));
    const logged = new Map<string, number>();
    const onEnd = ({ connection, connectionRequests }: Facts): void => {
      const request = `${connection} ${connectionRequests}`;
      logged.set(request, (logged.get(request) ?? 0) + 1);
    };
    const errorPages = [{ statuses: [404, 500, 502, 413, 400], target: '/page' }];
    const forward = { upstream: 'backend', onEnd, readTimeout: 60 };
    const locations: readonly GivenLocation[] = [
      { path: '/own', reply: { status: 200, text: 'own' }, onEnd },
      { path: '/page', reply: { status: 200, text: 'page' }, onEnd },
      { path: '/silent', reply: { status: 444 }, onEnd },
      { path: '/loop', reply: { status: 404 }, onEnd, errorPages: [{ statuses: [404], target: '/loop' }] },
      { path: '/missing', files: { indexes: [], contentType: '' }, root: '/nowhere', onEnd, errorPages },
      { path: '/buffered', ...forward, pass: { bufferRequest: true } },
      { path: '/intercept', ...forward, pass: { intercept: true }, errorPages },
      { path: '/', ...forward, errorPages },
    ];
    const ports = peers.map((peer) => (peer.address() as AddressInfo).port);
    const handOff = unreliableProcess(random);
    const given = ports.map((port, i) => ({ host: '127.0.0.1', port, maxFails: 0, ...(i === 0 && { handOff }) }));
    const proxy = await startProxy(given, {
      servers: [{ locations, otherwise: { path: '/', reply: { status: 404 }, onEnd } }],
      timeouts: { clientHeader: 50, clientBody: 50, keepalive: 50, connect: 40, send: 100, read: 60 },
    });
    for (let round = 0; round < 12; round++) {
      await Promise.all(Array.from({ length: 20 }, () => unreliableClient(proxy.port, random)));
    }
    await until('no connection is left', () => {
      const { clients, tunnels, handedOff, upstreams } = proxy.proxy.status();
      return clients + tunnels + handedOff === 0 && (upstreams[0]?.peers.every(({ active }) => active === 0) ?? false);
    });
    expect([...logged].filter(([, times]) => times !== 1)).toEqual([]);
    expect(logged.size).toBeGreaterThan(200);
    const [listener] = proxy.proxy.status().listeners;
    expect(listener?.connections).toBe(0);
    expect(proxy.proxy.status().handOffs > 0).toBe(!usesPlainSockets());
  },
);
