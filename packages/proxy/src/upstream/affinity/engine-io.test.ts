import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startUpstream } from '@pinwheel/testing/raw-upstream';
import { until } from '@pinwheel/testing/until';
import type { StartedProxy } from '../../testing/started-proxy.js';
import { startProxy } from '../../testing/started-proxy.js';
import { engineRequest, EngineRequests, handshakeSid, opensPollingSession } from './engine-io.js';
import { readRequestHead } from '../../http1/request-head.js';

describe('engineRequest', () => {
  test.each([
    ['/socket.io/?EIO=4&transport=polling', { transport: 'polling', sid: '' }],
    ['/socket.io/?EIO=4&transport=polling&t=x&sid=abc', { transport: 'polling', sid: 'abc' }],
    ['/socket.io/?sid=abc&transport=websocket&EIO=3', { transport: 'websocket', sid: 'abc' }],
    ['/other?EIO=4&transport=polling&sid=tag.a_b-c', { transport: 'polling', sid: 'tag.a_b-c' }],
    ['/?EIO=4&transport=polling&sid=a%2eb', { transport: 'polling', sid: 'a.b' }],
    ['/?EIO=4&transport=polling&sid=%zz', { transport: 'polling', sid: '%zz' }],
    ['/?EIO=4&transport=polling&xsid=abc', { transport: 'polling', sid: '' }],
    ['/?xEIO=4&EIO=4&transport=polling&sid=', { transport: 'polling', sid: '' }],
    ['/?EIO=4', undefined],
    ['/?transport=polling&sid=abc', undefined],
    ['/EIO=4&transport=polling', undefined],
    ['/?xEIO=4&transport=polling', undefined],
    ['/', undefined],
    ['*', undefined],
  ])('engineRequest reads %s', (target, expected) => {
    expect(engineRequest(target)).toEqual(expected);
  });

  test.each([
    ['GET', '/?EIO=4&transport=polling', true],
    ['GET', '/?EIO=4&transport=polling&sid=abc', false],
    ['GET', '/?EIO=4&transport=websocket', false],
    ['POST', '/?EIO=4&transport=polling', false],
  ])('opensPollingSession of %s %s is %s', (method, target, expected) => {
    const head = readRequestHead(`${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, 0, {
      line: 8_192,
      head: 32_768,
      fields: 100,
      invalidNames: 'refuse',
      underscores: true,
    });
    const engine = engineRequest(target);
    if (head === undefined || engine === undefined) throw new Error('no Engine.IO request');
    expect(opensPollingSession(engine, head)).toBe(expected);
  });
});

const SID = 'lv_VI97HAXpY6yYWAAAC';
const OPEN = `0{"sid":"${SID}","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}`;
const frame = (text: string): string =>
  text.length < 126
    ? `\x81${String.fromCharCode(text.length)}${text}`
    : `\x81\x7e${String.fromCharCode(text.length >> 8, text.length & 255)}${text}`;

/** Handshakes as revisions 3 and 4 write them. */
const handshakes: readonly (readonly [string, string])[] = [
  ['revision 4', OPEN],
  ['revision 3', `${OPEN.length}:${OPEN}2:40`],
  ['revision 3, binary payload', `\x00\x01\x00\x01\xff${OPEN}\x00\x02\xff40`],
  ['revision 3, JSONP', `___eio[0]("${OPEN.length}:${OPEN.replaceAll('"', '\\"')}2:40");`],
  ['revision 4, JSONP', `___eio[12]("${OPEN.replaceAll('"', '\\"')}");`],
  ['WebSocket', frame(OPEN)],
  ['WebSocket, short', frame(`0{"sid":"${SID}"}`)],
];

describe('handshakeSid', () => {
  test.each(handshakes)('handshakeSid finds the sid: %s', (_name, text) => {
    expect(handshakeSid(text)).toBe(SID);
  });

  test.each([
    ['another packet', '4{"sid":"abc"}'],
    ['an error', '{"code":1,"message":"Session ID unknown"}'],
    ['an incomplete handshake', '0{"sid":"abc'],
    ['a sid with a blank', '0{"sid":"a b"}'],
    ['a sid of 129 characters', `0{"sid":"${'a'.repeat(129)}"}`],
    ['an empty text', ''],
  ])('handshakeSid finds no sid in %s', (_name, text) => {
    expect(handshakeSid(text)).toBeUndefined();
  });
});

const poll = (sid: string): string => `GET /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: a\r\n\r\n`;
const open = 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n';

/** A peer that answers a handshake with `handshake`, and anything else with its own name. */
function namedPeer(name: string, handshake: string, split = false) {
  return startUpstream(async (connection) => {
    for (;;) {
      const { start, get } = await connection.request();
      const answer = start.includes('EIO=') && !start.includes('sid=') ? handshake : name;
      expect(get('accept-encoding')).toBeUndefined();
      const text = `HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`;
      await connection.sendPieces(split ? [...text] : [text]);
    }
  });
}

async function whoHas(proxy: StartedProxy, sid: string): Promise<string> {
  const client = await proxy.connect();
  client.send(poll(sid));
  return (await client.response()).body;
}

describe('a pinned session', () => {
  test.each(
    handshakes
      .slice(0, 5)
      .flatMap(([name, text]) => [[name, text, false] as const, [`${name}, byte by byte`, text, true] as const]),
  )('a session is pinned by its polling handshake: %s', async (_name, text, split) => {
    const one = await namedPeer('one', text, split);
    const two = await namedPeer('two', text.replaceAll(SID, 'second'), split);
    const proxy = await startProxy([one.port, two.port], { upstream: { stickySid: true } });
    const client = await proxy.connect();
    for (let i = 0; i < 2; i++) {
      client.send(open);
      await client.response();
    }
    for (let i = 0; i < 4; i++) {
      expect(await whoHas(proxy, SID)).toBe('one');
      expect(await whoHas(proxy, 'second')).toBe('two');
    }
    expect(proxy.proxy.status().upstreams[0]?.learnedSids).toBe(2);
  });

  test.each([
    ['in one packet with the 101', (head: string, first: string) => [head + first]],
    ['after the 101', (head: string, first: string) => [head, first]],
    ['byte by byte', (head: string, first: string) => [head, ...first]],
    [
      'in two pieces, cut after the frame header',
      (head: string, first: string) => [head, first.slice(0, 4), first.slice(4)],
    ],
  ])('a session is learned from the first frame of a WebSocket that comes %s', async (_name, cut) => {
    const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
    const one = await startUpstream(async (connection) => {
      await connection.request();
      await connection.sendPieces(cut(switching, frame(OPEN)));
    });
    const proxy = await startProxy([one.port], { upstream: { stickySid: true } });
    const client = await proxy.connect();
    client.send(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await client.response();
    expect(await client.take(frame(OPEN).length)).toBe(frame(OPEN));
    expect(proxy.proxy.status().upstreams[0]?.learnedSids).toBe(1);
  });

  test('the table of sessions forgets the least recently used', async () => {
    let next = 0;
    const upstream = await startUpstream(async (connection) => {
      for (;;) {
        await connection.request();
        const answer = `0{"sid":"sid${next++}"}`;
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`);
      }
    });
    const proxy = await startProxy([upstream.port], { upstream: { stickySid: true, learnedSids: 10 } });
    const client = await proxy.connect();
    for (let i = 0; i < 50; i++) {
      client.send(open);
      await client.response();
    }
    expect(proxy.proxy.status().upstreams[0]?.learnedSids).toBe(10);
  });

  test('an unknown tag is asked of the peers before a request with a large body is forwarded', async () => {
    let known = false;
    const member = (tag: string) =>
      startUpstream(async (connection) => {
        for (;;) {
          const { start, body } = await connection.request();
          const health = start.includes('/healthz');
          const answer = health ? JSON.stringify(known ? { tag } : {}) : `${tag} ${body.length}`;
          connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`);
        }
      });
    const one = await member('One');
    const two = await member('Two');
    const proxy = await startProxy([one.port, two.port], { upstream: { stickySid: true }, tagQueryInterval: 1 });
    await until('the peers are asked at start', () => one.connections.length > 0 && two.connections.length > 0);
    // Kept connections to both, so that the request goes out on one that is there.
    const client = await proxy.connect();
    for (let i = 0; i < 4; i++) {
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.response();
    }
    known = true;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    const body = 'b'.repeat(900_000);
    client.send(
      `POST /socket.io/?EIO=4&transport=polling&sid=Two.abc HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect((await client.response()).body).toBe('Two 900000');
    for (let i = 0; i < 3; i++) {
      expect(await whoHas(proxy, 'Two.xyz')).toBe('Two 0');
      expect(await whoHas(proxy, 'One.xyz')).toBe('One 0');
    }
    expect([proxy.peer(0).tag, proxy.peer(1).tag]).toEqual(['One', 'Two']);
    expect(proxy.proxy.status().upstreams[0]?.learnedSids).toBe(0);
  });
});

describe('two stock Socket.IO servers with round robin', () => {
  async function startSocketIo(name: string, allowEIO3: boolean): Promise<number> {
    const http = createServer((_request, response) => response.writeHead(404).end());
    const server = new Server(http, { allowEIO3 });
    server.on('connection', (socket) => socket.emit('server', name));
    await new Promise<void>((resolve) => {
      http.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(async () => {
      await server.close();
    });
    return (http.address() as AddressInfo).port;
  }

  /** Connects and, where the transports allow it, upgrades. */
  function connectOnce(port: number, transports: string[] | undefined): Promise<string> {
    const socket = io(`http://127.0.0.1:${port}`, {
      forceNew: true,
      reconnection: false,
      ...(transports !== undefined && { transports }),
    });
    onTestFinished(() => {
      socket.disconnect();
    });
    return new Promise((resolve, reject) => {
      socket.on('connect_error', reject);
      socket.on('disconnect', reject);
      socket.on('server', (name: string) => {
        if (transports !== undefined) resolve(name);
        else if (socket.io.engine.transport.name === 'websocket') resolve(name);
        else socket.io.engine.on('upgrade', () => resolve(name));
      });
    });
  }

  test.each([
    ['default clients', undefined],
    ['polling clients', ['polling']],
    ['WebSocket clients', ['websocket']],
  ])('%s connect at the first attempt, on both servers', async (_name, transports) => {
    const ports = [await startSocketIo('one', false), await startSocketIo('two', false)];
    const proxy = await startProxy(ports, { upstream: { stickySid: true } });
    const inTurn: string[] = [];
    for (let i = 0; i < 10; i++) inTurn.push(await connectOnce(proxy.port, transports));
    const atOnce = await Promise.all(Array.from({ length: 20 }, () => connectOnce(proxy.port, transports)));
    expect(new Set(inTurn)).toEqual(new Set(['one', 'two']));
    expect(new Set(atOnce)).toEqual(new Set(['one', 'two']));
  });

  test.each([
    ['text', ''],
    ['binary', ''],
    ['JSONP', '&j=0'],
  ])('Engine.IO 3 sessions are pinned: %s', async (kind, more) => {
    const ports = [await startSocketIo('one', true), await startSocketIo('two', true)];
    const proxy = await startProxy(ports, { upstream: { stickySid: true } });
    const base = `http://127.0.0.1:${proxy.port}/socket.io/?EIO=3&transport=polling${more}${kind === 'text' ? '&b64=1' : ''}`;
    for (let i = 0; i < 6; i++) {
      const answer = await fetch(base);
      expect(answer.status).toBe(200);
      const sid = handshakeSid(Buffer.from(await answer.arrayBuffer()).toString('latin1'));
      expect(sid).toBeDefined();
      const next = await fetch(`${base}&sid=${sid}`);
      expect([next.status, (await next.text()).includes('server')]).toEqual([200, true]);
    }
  });
});

describe('EngineRequests', () => {
  test('each request of a connection is read as engineRequest reads it', () => {
    const requests = new EngineRequests();
    const targets = ['sid=a', 'sid=a&t=1', 'sid=b', 'sid=', 'sid=a', 'x=1', `sid=${'x'.repeat(200)}`].map(
      (query) => `/?EIO=4&transport=polling&${query}`,
    );
    targets.push('/?EIO=4&transport=websocket&sid=a', '/', '/?sid=a', '/?EIO=4&transport=polling&sid=a');
    for (const target of targets) expect(requests.read(target)).toEqual(engineRequest(target));
    for (const before of targets) {
      for (const target of targets) {
        requests.read(before, true);
        expect(requests.read(before, true)).toEqual(engineRequest(before));
        requests.read(target);
        expect(requests.read(before, true)).toEqual(engineRequest(before));
      }
    }
  });

  test('requests of one session share the same object', () => {
    const requests = new EngineRequests();
    const first = requests.read('/?EIO=4&transport=polling&t=1&sid=a');
    expect(requests.read('/?EIO=4&transport=polling&t=2&sid=a')).toBe(first);
  });
});
