import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { isMissing, Recipe, RUNNERS } from '../classics/recipe.js';

describe.each(RUNNERS)('bodies, unix sockets and timeouts, run by %s', (runner) => {
  describe.skipIf(isMissing(runner))('apt-get install nginx', () => {
    let folder = '';
    let recipe: Recipe;
    let port = 0;
    const servers: Server[] = [];
    /** Connections to the backend so far. */
    let connections = 0;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'pinwheel-forwarding-'));
      const echo = echoServer(() => connections++);
      const silent = createServer((socket) => socket.on('error', () => undefined).resume());
      const socket = echoServer(() => undefined);
      servers.push(echo, silent, socket);
      await Promise.all([
        listening(echo, { port: 0, host: '127.0.0.1' }),
        listening(silent, { port: 0, host: '127.0.0.1' }),
        listening(socket, { path: join(folder, 'socket') }),
      ]);
      // nginx's workers run as another user than root.
      await chmod(folder, 0o755);
      await chmod(join(folder, 'socket'), 0o777);
      port = await freePort();
      recipe = await Recipe.start(runner, conf(port, portOf(echo), portOf(silent), join(folder, 'socket')), port);
    }, 20_000);

    afterAll(async () => {
      await recipe.stop();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      await rm(folder, { recursive: true, force: true });
    });

    /** Sends the parts in sequence, each after the proxy may have read the previous one. */
    async function ask(first: string, later?: () => Promise<string>): Promise<string> {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.setEncoding('latin1').on('data', (part: string) => {
        text += part;
      });
      socket.on('error', () => undefined);
      socket.write(first);
      if (later !== undefined) socket.write(await later());
      if (!socket.destroyed) await once(socket, 'close');
      return text;
    }

    const big = 'x'.repeat(3_000_000);

    it('a long body arrives whole', async () => {
      const text = await ask(`POST / HTTP/1.1\nHost: a\nContent-Length: ${big.length}\nConnection: close\n\n${big}`);
      expect(text).toContain(`body ${big.length}`);
    });

    it('a long body in chunks arrives whole', async () => {
      const chunk = `${(1_000_000).toString(16)}\r\n${big.slice(0, 1_000_000)}\r\n`;
      const chunks = `${chunk.repeat(3)}0\r\n\r\n`;
      const text = await ask(`POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nConnection: close\n\n${chunks}`);
      expect(text).toContain(`body ${big.length}`);
      // nginx buffers it in a file, and so knows its length.
      expect(text).toContain(runner === 'nginx' ? 'length 3000000' : 'chunked');
    });

    it('no peer gets a request before its whole body has arrived', async () => {
      const before = connections;
      const text = await ask('POST / HTTP/1.1\nHost: a\nContent-Length: 4\nConnection: close\n\nab', async () => {
        // Another request has been answered meanwhile, so the bytes before it have been read.
        await ask('GET /own HTTP/1.0\n\n');
        expect(connections).toBe(before);
        return 'cd';
      });
      expect(text).toContain('body 4, length 4');
    });

    it('with proxy_request_buffering off the peer gets the request at once, and may respond before its end', async () => {
      const before = connections;
      const text = await ask('POST /stream/early HTTP/1.1\nHost: a\nContent-Length: 4\n\nab', async () => {
        await expect.poll(() => connections).toBe(before + 1);
        return '';
      });
      expect(text).toContain('early');
    });

    it('a body is sent again to the next peer', async () => {
      const text = await ask('PUT /again HTTP/1.1\nHost: a\nContent-Length: 4\nConnection: close\n\nabcd');
      expect(text).toContain('body 4, length 4');
    });

    it.each([
      ['/sock/x', 'GET /sock/x', 'localhost'],
      ['/sock-uri/x', 'GET /base/x', 'localhost'],
      ['/sock-variable/x', 'GET /sock-variable/x', 'localhost'],
      ['/sock-upstream/x', 'GET /sock-upstream/x', 'by-socket'],
    ])('%s goes to a unix socket', async (path, asked, host) => {
      const text = await ask(`GET ${path} HTTP/1.0\n\n`);
      expect(text).toContain(`${asked} HTTP/1.1, host ${host}, `);
      expect(text).toContain(`X-Addr: unix:${folder}/socket\r\n`);
    });

    it('a peer that times out gives 504, and the next one is tried', async () => {
      expect(await ask('GET /silent HTTP/1.0\n\n')).toMatch(
        /^HTTP\/1\.1 504 Gateway Time-out\r\n[^]*X-Tries: 504, 504\r\n/,
      );
    });

    it('after proxy_next_upstream_timeout no further peer is tried', async () => {
      expect(await ask('GET /silent-once HTTP/1.0\n\n')).toMatch(/^HTTP\/1\.1 504 [^]*X-Tries: 504\r\n/);
    });

    it('timeouts are logged in nginx’s words', () => {
      const line = recipe
        .read('logs/error.log')
        .split('\n')
        .find((one) => one.includes('upstream timed out'));
      expect(line).toMatch(
        /\[error\] \d+#\d+: \*\d+ upstream timed out \(110: (?:Unknown error|Connection timed out)\) while reading response header from upstream, client: 127\.0\.0\.1, server: , request: "GET \/silent HTTP\/1\.0", upstream: "http:\/\/127\.0\.0\.1:\d+\/silent"$/,
      );
    });

    it('a truncated response is not passed on as complete', async () => {
      const text = await ask('GET /short HTTP/1.1\nHost: a\n\n');
      expect(text).toMatch(/Content-Length: 10\r\n[^]*\r\n\r\nshort$/);
      await recipe.has('logs/error.log', 'upstream prematurely closed connection while reading upstream, client');
    });
  });
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function listening(server: Server, where: { port: number; host: string } | { path: string }): Promise<void> {
  const ready = once(server, 'listening');
  server.listen(where);
  await ready;
}

/** Answers with the request, and closes. */
function echoServer(onConnection: () => void): Server {
  return createServer((socket) => {
    onConnection();
    socket.on('error', () => undefined);
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\r\n\r\n');
      if (end < 0 || socket.writableEnded) return;
      const head = text.slice(0, end);
      if (head.includes('/early')) socket.end(answerOf('early'));
      if (head.includes('/short')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort');
      const length = /^content-length: (\d+)/im.exec(head)?.[1];
      const body = text.slice(end + 4);
      const chunked = /^transfer-encoding: chunked/im.test(head);
      if (chunked ? !body.endsWith('0\r\n\r\n') : body.length < Number(length ?? 0)) return;
      const size = chunked ? body.replaceAll(/[^x]/g, '').length : body.length;
      const host = /^host: (\S+)/im.exec(head)?.[1] ?? '';
      const how = chunked ? 'chunked' : `length ${length ?? 'none'}`;
      socket.end(answerOf(`${head.slice(0, head.indexOf('\r'))}, host ${host}, body ${size}, ${how}`));
    });
  });
}

function answerOf(text: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`;
}

function conf(port: number, echo: number, silent: number, socket: string): string {
  return `events {}
http {
  access_log off;
  client_max_body_size 0;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  upstream silent { server 127.0.0.1:${silent} max_fails=0; server 127.0.0.1:${silent} max_fails=0; }
  upstream again { server 127.0.0.1:1; server 127.0.0.1:${echo}; }
  upstream by-socket { server unix:${socket}; }
  map $uri $where { default unix:${socket}; }
  server {
    listen 127.0.0.1:${port};
    add_header X-Tries $upstream_status always;
    add_header X-Addr $upstream_addr always;
    location / { proxy_pass http://127.0.0.1:${echo}; }
    location /own { return 200 own; }
    location /stream/ { proxy_request_buffering off; proxy_pass http://127.0.0.1:${echo}; }
    location /again { proxy_pass http://again; }
    location /sock/ { proxy_pass http://unix:${socket}; }
    location /sock-uri/ { proxy_pass http://unix:${socket}:/base/; }
    location /sock-variable/ { proxy_pass http://$where; }
    location /sock-upstream/ { proxy_pass http://by-socket; }
    location /silent { proxy_read_timeout 80ms; proxy_pass http://silent; }
    location /silent-once { proxy_read_timeout 80ms; proxy_next_upstream_timeout 50ms; proxy_pass http://silent; }
  }
}
`;
}
