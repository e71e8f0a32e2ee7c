import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '@pinwheel/cluster';
import type { Cluster } from '@pinwheel/cluster';
import { createProxy } from '@pinwheel/proxy';
import type { Facts, HandOffListener } from '@pinwheel/proxy';
import { HandOffPipe, usesPlainSockets } from '@pinwheel/raw-socket';
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';

const UPGRADE =
  'GET /plain HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
/** A masked text frame with `hi`, its mask all zero. */
const HI = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]).toString('latin1');

describe.each([
  ['a pipe, or tunnels them with plain sockets', true],
  ['the IPC channel, or tunnels them with plain sockets', false],
])('a cluster that hands WebSockets off over %s', (_way, hasPipes) => {
  let cluster: Cluster;
  let port = 0;

  beforeAll(async () => {
    if (!hasPipes) vi.spyOn(HandOffPipe, 'make').mockResolvedValue(undefined);
    cluster = await startCluster({ port: 0, nodePort: 0, websocketPolicy: 'round_robin', policy: 'round_robin' });
    port = Number(new URL(cluster.url).port);
  }, 40_000);

  afterAll(async () => {
    vi.restoreAllMocks();
    await cluster.stop(500);
  });

  /** Counts of WebSockets that are being handed off, of those that are tunnelled, and of other connections. */
  const counts = (): readonly number[] => {
    const { handedOff, tunnels, clients } = cluster.status();
    return usesPlainSockets() ? [tunnels, handedOff, clients] : [handedOff, tunnels, clients];
  };

  it('counts them on their node, and not as connections of the balancer, until they end', async () => {
    const sockets = [1, 2, 3, 4].map(() => new WebSocket(`ws://127.0.0.1:${port}/plain`));
    for (const socket of sockets) {
      if (socket.readyState !== WebSocket.OPEN) await once(socket, 'open');
      socket.send('hi');
      const [answer] = (await once(socket, 'message')) as [Buffer];
      expect(answer.toString()).toBe('Server received from client: hi');
    }
    await until('4 are at the nodes', () => counts()[0] === 4);
    expect(counts()).toEqual([4, 0, 0]);
    const perPeer = [2, usesPlainSockets() ? 0 : 2];
    expect(cluster.status().upstreams[0]?.peers.map((peer) => [peer.active, peer.handedOff])).toEqual([
      perPeer,
      perPeer,
    ]);
    for (const socket of sockets) socket.close();
    await until('none is left', () => counts()[0] === 0);
    expect(cluster.status().upstreams[0]?.peers.map((peer) => peer.active)).toEqual([0, 0]);
  });

  it('passes on what the client sent behind its request', async () => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.write(UPGRADE + HI, 'latin1');
    await until('the echo arrives', () => text.endsWith('Server received from client: hi'));
    expect(text).toMatch(/^HTTP\/1.1 101 /);
    socket.write(HI, 'latin1');
    await until('the second echo arrives', () => text.match(/Server received from client: hi/g)?.length === 2);
    socket.destroy();
    await until('none is left', () => counts()[0] === 0);
  });

  it('hands off a Socket.IO session that began with polling', async () => {
    const client = io(cluster.url, { forceNew: true });
    await once(client as never, 'connect');
    await until('the client has upgraded', () => client.io.engine.transport.name === 'websocket' && counts()[0] === 1);
    expect(await client.emitWithAck('echo', { n: 1 })).toEqual({ n: 1 });
    client.close();
    await until('none is left', () => counts()[0] === 0);
  });

  it("passes on the node's refusal", async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(UPGRADE.replace('/plain', '/socket.io/?EIO=4&transport=websocket&sid=none'));
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) {
      text += chunk;
      // When the balancer relays the refusal, the client's connection stays open.
      if (usesPlainSockets() && text.includes('Session ID unknown')) break;
    }
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(text).toContain('Session ID unknown');
    await until('none is left', () => counts()[0] === 0);
  });

  it('ends the WebSockets of a killed node, and hands the next one off to another node', async () => {
    const sockets = [1, 2].map(() => new WebSocket(`ws://127.0.0.1:${port}/plain`));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    const ended = Promise.race(sockets.map((socket) => once(socket, 'close')));
    await cluster.kill('Server1');
    await ended;
    await until('1 are at the nodes', () => counts()[0] === 1);
    const next = new WebSocket(`ws://127.0.0.1:${port}/plain`);
    await once(next, 'open');
    for (const socket of [...sockets, next]) socket.terminate();
    await until(
      'none is left and both nodes are ready',
      () => counts()[0] === 0 && cluster.nodes.every(({ ready }) => ready),
    );
  }, 20_000);

  it('serves 300 WebSockets that arrived while their nodes were stopped, after these continue', async () => {
    for (const { name } of cluster.nodes) await cluster.kill(name, 'SIGSTOP');
    const sockets = Array.from({ length: 300 }, () => new WebSocket(`ws://127.0.0.1:${port}/plain`));
    const open = sockets.map((socket) => once(socket, 'open'));
    await until('the balancer has 300 connections', () => counts()[2] === 300);
    for (const { name } of cluster.nodes) await cluster.kill(name, 'SIGCONT');
    await Promise.all(open);
    await until('300 are at the nodes', () => counts()[0] === 300);
    for (const socket of sockets) socket.terminate();
    await until('none is left', () => counts()[0] === 0);
  }, 20_000);

  it('ends a WebSocket on which no byte moves for proxy_read_timeout', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${await quietPort()}/plain`);
    await once(socket, 'open');
    const began = performance.now();
    await once(socket, 'close');
    expect(performance.now() - began).toBeGreaterThan(900);
  }, 20_000);

  /** A balancer of another process's nodes cannot hand over: one of this cluster's file, with a short timeout. */
  async function quietPort(): Promise<number> {
    const folder = await mkdtemp(join(tmpdir(), 'pinwheel-quiet-'));
    const config = join(folder, 'nginx.conf');
    const [nodePort, ownPort] = [await freePort(), await freePort()];
    await writeFile(
      config,
      `events { } http { access_log off; server { listen 127.0.0.1:${ownPort}; location / {
        proxy_pass http://127.0.0.1:${nodePort}; proxy_read_timeout 1s; proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; } } }`,
    );
    const quiet = await startCluster({ nodes: 1, nodePort, config });
    onTestFinished(async () => {
      await quiet.stop(0);
      await rm(folder, { recursive: true });
    });
    return ownPort;
  }

  it('tunnels WebSockets when hand-off is turned off', async () => {
    const other = await startCluster({ port: 0, nodePort: 0, nodes: 1, handOff: false });
    try {
      const socket = new WebSocket(`${other.url.replace('http', 'ws')}/plain`);
      await once(socket, 'open');
      expect([other.status().handedOff, other.status().tunnels]).toEqual([0, 1]);
      socket.terminate();
    } finally {
      await other.stop(0);
    }
  }, 20_000);
});

describe('a WebSocket for a peer whose process accepts hand-offs', () => {
  const ends: (() => unknown)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  /** A proxy whose peer's process accepts hand-offs through `give`. */
  async function proxyWith(
    give: (socket: Socket, listener: HandOffListener, text: string) => void,
    onEnd: (facts: Facts) => void = () => undefined,
  ): Promise<{ port: number; handedOff: () => number }> {
    const handOff = {
      available: true,
      give: (socket: Socket, text: string, _idle: number, listener: HandOffListener) => {
        give(socket, listener, text);
        return { destroy: () => listener.onEnded(undefined) };
      },
    };
    const proxy = createProxy({
      listeners: [{ port: 0 }],
      upstreams: [{ name: 'nodes', peers: [{ host: '127.0.0.1', port: 9, handOff }] }],
      servers: [{ locations: [{ path: '/', upstream: 'nodes', connectTimeout: 200, onEnd }] }],
    });
    await proxy.listen();
    ends.push(() => proxy.close(0));
    return { port: proxy.addresses[0]?.port ?? 0, handedOff: () => proxy.status().handedOff };
  }

  async function answer(port: number): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    ends.push(() => socket.destroy());
    socket.write(UPGRADE);
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) {
      text += chunk;
      if (text.includes('\r\n\r\n')) break;
    }
    return text;
  }

  it.each(usesPlainSockets() ? ['plain sockets'] : [])(
    'is tunnelled with %s: a peer that does not listen gives a 502',
    async () => {
      const { port } = await proxyWith(() => undefined);
      expect(await answer(port)).toMatch(/^HTTP\/1.1 502 /);
    },
  );

  // An empty list registers nothing, where a skipped test would count as failed in CI.
  describe.each(usesPlainSockets() ? [] : ['is handed off and'])('%s', () => {
    it('is closed when the process exits before it has received the socket', async () => {
      const { port } = await proxyWith((_socket, listener) => queueMicrotask(() => listener.onEnded(undefined)));
      expect(await answer(port)).toBe('');
    });

    it('gets a 504 when the process does not take it within the connect timeout', async () => {
      const { port } = await proxyWith(() => undefined);
      expect(await answer(port)).toMatch(/^HTTP\/1.1 504 /);
    });

    it('gets a 502 when the process refuses it and there is no other peer', async () => {
      const { port } = await proxyWith((_socket, listener) => queueMicrotask(() => listener.onRefused()));
      expect(await answer(port)).toMatch(/^HTTP\/1.1 502 /);
    });

    it('is logged at its end with the status and bytes that the process reports', async () => {
      const logged: unknown[] = [];
      let listener: HandOffListener | undefined;
      const { port, handedOff } = await proxyWith(
        (_socket, given) => {
          listener = given;
          queueMicrotask(() => given.onTaken());
        },
        ({ status, bytesSent, upstreamAttempts }) => logged.push([status, bytesSent, upstreamAttempts.length]),
      );
      const socket = connect(port, '127.0.0.1');
      ends.push(() => socket.destroy());
      socket.write(UPGRADE);
      await until('the connection is handed off', () => handedOff() === 1);
      expect(logged).toEqual([]);
      listener?.onEnded({ status: 101, bytesReceived: 20, bytesSent: 300 });
      expect(logged).toEqual([[101, 300, 1]]);
      expect(handedOff()).toBe(0);
    });

    it('reaches the process with the address of the client', async () => {
      let head = '';
      const { port } = await proxyWith((_socket, listener, text) => {
        head = text;
        queueMicrotask(() => listener.onEnded(undefined));
      });
      await answer(port);
      expect(head).toMatch(/^GET \/plain HTTP\/1.1\r\n/);
      expect(head).toContain('X-Forwarded-For: 127.0.0.1\r\n');
      expect(head).toMatch(/Connection: upgrade\r\nUpgrade: websocket\r\n\r\n$/);
    });
  });
});
