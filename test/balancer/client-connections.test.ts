import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '@pinwheel/testing/until';
import { isMissing, Recipe, RUNNERS } from '../classics/recipe.js';
import { freePorts } from '@pinwheel/testing/ports';
import { bodyOf, exchange } from '@pinwheel/testing/raw-http';

describe.each(RUNNERS)('connections of clients, run by %s', (runner) => {
  describe.skipIf(isMissing(runner))('apt-get install nginx', () => {
    let recipe: Recipe;
    let port: number;
    const open: Socket[] = [];
    /** Answers requests without a body with the names of their fields that begin with X. */
    const backend = createServer((socket) => {
      let text = '';
      socket.on('error', () => socket.destroy());
      socket.setEncoding('latin1').on('data', (piece: string) => {
        text += piece;
        if (!text.startsWith('GET') || !text.includes('\r\n\r\n')) return;
        const names = [...text.matchAll(/^(X[^:]*):/gm)].map(([, name = '']) => name);
        const body = names.join(' ');
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      });
    });

    beforeAll(async () => {
      port = await freePorts(5);
      recipe = await Recipe.start(runner, conf(port, await listen(backend)), port);
    }, 20_000);
    afterAll(async () => {
      await recipe.stop();
      backend.close();
    });
    afterEach(() => {
      for (const socket of open.splice(0)) socket.destroy();
    });

    const request = (path: string, ...fields: readonly string[]): string =>
      `GET ${path} HTTP/1.1\nHost: a\n${fields.map((one) => `${one}\n`).join('')}\n`;
    const fieldsOf = async (at: number, text: string): Promise<string[]> => {
      const client = new Talk(at);
      open.push(client.socket);
      client.socket.write(text);
      const head = await client.head();
      return head.split('\r\n').filter((one) => /^(?:connection|keep-alive):/i.test(one));
    };

    describe('keep-alive', () => {
      test.each([
        ['/', ['Connection: keep-alive', 'Keep-Alive: timeout=9']],
        ['/closing', ['Connection: close']],
        ['/inherited', ['Connection: keep-alive', 'Keep-Alive: timeout=9']],
        ['/plain', ['Connection: keep-alive']],
        ['/once', ['Connection: close']],
        ['/proxied', ['Connection: keep-alive', 'Keep-Alive: timeout=9']],
      ])('a kept-alive response of %s has the field %j', async (path, expected) => {
        // In a proxied response it is among the other added fields.
        expect((await fieldsOf(port, request(path))).toSorted()).toEqual(expected);
      });

      test('the location of the last request limits the requests of a connection', async () => {
        const answers = await exchange({ port }, request('/three').repeat(4));
        expect(answers.match(/Connection: [\w-]+/g)).toEqual([
          'Connection: keep-alive',
          'Connection: keep-alive',
          'Connection: close',
        ]);
      });

      test('a kept-alive connection ends after keepalive_time and after an idle timeout', async () => {
        const client = new Talk(port);
        open.push(client.socket);
        client.socket.write(request('/short'));
        expect(await client.head()).toContain('Connection: keep-alive');
        // Longer than keepalive_time, shorter than keepalive_timeout.
        await new Promise((resolve) => setTimeout(resolve, 150));
        client.socket.write(request('/short'));
        expect(await client.head()).toContain('Connection: close');
        const idle = new Talk(port);
        open.push(idle.socket);
        idle.socket.write(request('/idle'));
        expect(await idle.head()).toContain('Connection: keep-alive');
        await once(idle.socket, 'end');
      });
    });

    describe('a client that does not finish its request', () => {
      test('a client with a late head is closed without a response, and logged as 408', async () => {
        expect(await exchange({ port: port + 1 }, 'GET /slow HTTP/1.1\nHost: a\n')).toBe('');
        await recipe.has('logs/access.log', '408 GET /slow HTTP/1.1\n');
        await recipe.has(
          'logs/error.log',
          'client timed out (110: Connection timed out) while reading client request headers, client: 127.0.0.1, server: default, request: "GET /slow HTTP/1.1"',
        );
      });

      test('a client with a late body is closed without a response, and logged as 408', async () => {
        const text = 'POST /body HTTP/1.1\nHost: a\nContent-Length: 9\n\nabc';
        expect(await exchange({ port: port + 1 }, text)).toBe('');
        await recipe.has('logs/access.log', '408 POST /body HTTP/1.1\n');
      });
    });

    describe('the default server limits a head until its Host is known', () => {
      const long = `X-A: ${'v'.repeat(1_100)}`;
      test.each([
        // Here a line may be as long as any server of the address allows, so this one is not refused.
        [1, 'default', runner === 'nginx' ? 'HTTP/1.1 400' : 'HTTP/1.1 200'],
        [1, 'other', 'HTTP/1.1 200'],
        [2, 'other', 'HTTP/1.1 200'],
      ])('port %i, Host %s: %s', async (at, host, status) => {
        const text = `GET / HTTP/1.1\nHost: ${host}\n${long}\nConnection: close\n\n`;
        expect(await exchange({ port: port + at }, text)).toContain(status);
      });

      test('the default server also decides about invalid field names', async () => {
        const seen = async (at: number): Promise<string> =>
          bodyOf(await exchange({ port: at }, request('/names', 'X_A: 1', 'X.A: 2', 'Connection: close')));
        expect(await seen(port)).toBe('');
        expect(await seen(port + 3)).toBe('X_A');
        expect(await seen(port + 4)).toBe('X_A X.A');
      });
    });

    describe('the error log names the fault of a client', () => {
      const LINE = 'while reading client request line';
      const HEADERS = 'while reading client request headers';
      test.each([
        ['get / HTTP/1.1\n\n', `client sent invalid method ${LINE}`, 'request: "get / HTTP/1.1"'],
        ['GET x HTTP/1.1\n\n', `client sent invalid request ${LINE}`, 'request: "GET x HTTP/1.1"'],
        ['GET /%00 HTTP/1.1\n\n', `client sent invalid request ${LINE}`, 'request: "GET /%00 HTTP/1.1"'],
        ['GET / HTTP/2.0\n\n', `client sent invalid version ${LINE}`, 'request: "GET / HTTP/2.0"'],
        [`GET /${'a'.repeat(9_000)} HTTP/1.1\n\n`, `client sent too long URI ${LINE}`, 'request: "GET /aaaa'],
        ['GET /1 HTTP/1.1\n\n', `client sent HTTP/1.1 request without "Host" header ${HEADERS}`, 'request: "GET /1 '],
        ['GET /2 HTTP/1.1\nHost: a/b\n\n', `client sent invalid host header ${HEADERS}`, 'host: "a/b"'],
        [
          'GET /3 HTTP/1.1\nHost: a\nContent-Length: x\n\n',
          `client sent invalid "Content-Length" header ${HEADERS}`,
          'host: "a"',
        ],
        [
          'GET /4 HTTP/1.1\nHost: a\nContent-Length: 1\nTransfer-Encoding: chunked\n\n',
          `client sent "Content-Length" and "Transfer-Encoding" headers at the same time ${HEADERS}`,
          'host: "a"',
        ],
        [
          'GET /5 HTTP/1.1\nHost: a\nTransfer-Encoding: gzip\n\n',
          `client sent unknown "Transfer-Encoding": "gzip" ${HEADERS}`,
          'host: "a"',
        ],
        ['TRACE /6 HTTP/1.1\nHost: a\n\n', `client sent TRACE method ${HEADERS}`, 'host: "a"'],
      ])('%j', async (text, said, context) => {
        await exchange({ port }, text);
        const line = (): string | undefined =>
          recipe
            .read('logs/error.log')
            .split('\n')
            .find((one) => one.includes(said) && one.includes(context));
        await until(`${said} ... ${context}`, () => line() !== undefined);
        expect(line()).toMatch(
          /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[info\] \d+#\d+: \*\d+ client sent .*, client: 127\.0\.0\.1, server: first, request: "/,
        );
      });

      test('a body that is too large is logged', async () => {
        await exchange({ port }, `POST /7 HTTP/1.1\nHost: a\nContent-Length: 11\n\n${'x'.repeat(11)}`);
        await recipe.has(
          'logs/error.log',
          'client intended to send too large body: 11 bytes, client: 127.0.0.1, server: first, request: "POST /7 HTTP/1.1", host: "a"',
        );
        expect(recipe.read('logs/error.log')).toMatch(/\[error\] .*too large body/);
      });
    });
  });
});

/** A connection whose responses are read head by head; their bodies are empty. */
class Talk {
  readonly socket: Socket;
  #text = '';

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1').on('data', (piece: string) => {
      this.#text += piece;
    });
  }

  async head(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf('\r\n\r\n');
      if (end >= 0) {
        const head = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 4);
        return head;
      }
      await once(this.socket, 'data');
    }
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function conf(port: number, backend: number): string {
  return `events {}
error_log logs/error.log info;
http {
  access_log off;
  log_format short "$status $request";
  server {
    listen 127.0.0.1:${port};
    server_name first;
    client_max_body_size 10;
    keepalive_timeout 75s 9;
    location / { return 200; }
    location /closing { keepalive_timeout 0; return 200; }
    location /inherited { keepalive_timeout 70s; return 200; }
    location /plain { keepalive_timeout 75s 0; return 200; }
    location /once { keepalive_requests 1; return 200; }
    location /three { keepalive_requests 3; return 200; }
    location /short { keepalive_time 100ms; return 200; }
    location /idle { keepalive_timeout 50ms; return 200; }
    location /proxied { proxy_pass http://127.0.0.1:${port + 2}; }
    location /names { proxy_pass http://127.0.0.1:${backend}; }
  }
  server {
    listen 127.0.0.1:${port + 1} default_server;
    server_name default;
    client_header_timeout 200ms;
    client_body_timeout 200ms;
    large_client_header_buffers 4 1k;
    client_header_buffer_size 1k;
    access_log logs/access.log short;
    location / { proxy_pass http://127.0.0.1:${backend}; }
  }
  server { listen 127.0.0.1:${port + 1}; server_name other; large_client_header_buffers 4 8k; return 200; }
  server { listen 127.0.0.1:${port + 2}; return 200; }
  server {
    listen 127.0.0.1:${port + 3};
    underscores_in_headers on;
    location /names { proxy_pass http://127.0.0.1:${backend}; }
  }
  server {
    listen 127.0.0.1:${port + 4};
    ignore_invalid_headers off;
    location /names { proxy_pass http://127.0.0.1:${backend}; }
  }
}
`;
}
