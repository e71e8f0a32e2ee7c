import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import { makeCertificate } from './certificates.js';
import { isMissing, Recipe, RUNNERS } from './recipe.js';
import { handshake } from './tls-client.js';
import { openWebSocket } from './websocket.js';

const SIZE = 6_000_000;
const body = Buffer.alloc(SIZE, 'abcdefghij');
const front = makeCertificate({ subject: '/CN=front' });
const back = makeCertificate({ subject: '/CN=back' });
const FILES = { 'conf/front.pem': front.cert, 'conf/front.key': front.key };

/** Answers GET with the body and other methods with the number of bytes received; echoes WebSocket messages. */
let backend: Server;
let recipe: Recipe | undefined;

beforeEach(async () => {
  backend = createServer(back, (request, response) => {
    if (request.method === 'GET') {
      response.setHeader('Content-Length', SIZE);
      response.end(body);
      return;
    }
    let came = 0;
    request.on('data', (piece: Buffer) => {
      came += piece.length;
    });
    request.on('end', () => response.end(String(came)));
  });
  const websockets = new WebSocketServer({ server: backend });
  websockets.on('connection', (socket) => socket.on('message', (message: Buffer) => socket.send(message)));
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await recipe?.stop();
  backend.closeAllConnections();
  backend.close();
});

describe.each(RUNNERS)('TLS outside and inside through %s (nginx: apt-get install nginx)', (runner) => {
  async function start(): Promise<number> {
    const port = await freePort();
    const { port: inner } = backend.address() as AddressInfo;
    const file = `events { } http { log_format l '$status $bytes_sent $body_bytes_sent'; access_log logs/l.log l;
      client_max_body_size 0; server { listen ${port} ssl; ssl_certificate front.pem; ssl_certificate_key front.key;
      location / { proxy_pass https://127.0.0.1:${inner}; proxy_http_version 1.1; proxy_max_temp_file_size 0;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; } } }`;
    recipe = await Recipe.start(runner, file, port, FILES);
    return port;
  }

  test.skipIf(isMissing(runner))(
    'a long response to a slow client arrives whole and is counted without TLS',
    async () => {
      const socket = await handshake(await start());
      socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      const pieces: Buffer[] = [];
      for await (const piece of socket as AsyncIterable<Buffer>) {
        pieces.push(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const whole = Buffer.concat(pieces);
      const head = whole.indexOf('\r\n\r\n') + 4;
      expect(whole.subarray(head).equals(body)).toBe(true);
      const line = `200 ${whole.length} ${SIZE}\n`;
      await until(line, () => recipe?.read('logs/l.log') === line);
    },
  );

  test.skipIf(isMissing(runner))('a long body arrives whole', async () => {
    const socket = await handshake(await start());
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${SIZE}\r\n\r\n`);
    socket.write(body);
    const pieces: Buffer[] = await socket.toArray();
    expect(Buffer.concat(pieces).toString('latin1')).toMatch(new RegExp(`^HTTP/1.1 200 [^]*\r\n\r\n[^]*${SIZE}`));
  });

  test.skipIf(isMissing(runner))('a WebSocket carries long messages and its bytes are counted', async () => {
    const port = await start();
    const { ask, socket, answer, closed } = await openWebSocket(`wss://127.0.0.1:${port}/`, {
      rejectUnauthorized: false,
    });
    const message = 'm'.repeat(1_000_000);
    expect(await ask(message)).toBe(message);
    expect(await ask('short')).toBe('short');
    socket.close(1_000);
    await closed;
    const fields = answer.rawHeaders.join('').length + answer.rawHeaders.length * 2;
    const head = `HTTP/1.1 101 ${String(answer.statusMessage)}\r\n\r\n`.length + fields;
    // Frames: 10 and 2 bytes before the messages, the close with its code.
    const line = `101 ${head + 10 + message.length + 2 + 5 + 4} ${10 + message.length + 2 + 5 + 4}\n`;
    await until(line, () => recipe?.read('logs/l.log') === line);
  });

  test.skipIf(isMissing(runner))('a client that leaves in the middle affects no other client', async () => {
    const port = await start();
    const gone = await handshake(port);
    gone.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((resolve) => gone.once('data', resolve));
    gone.destroy();
    const { ask, socket } = await openWebSocket(`wss://127.0.0.1:${port}/`, { rejectUnauthorized: false });
    expect(await ask('still here')).toBe('still here');
    socket.terminate();
  });
});
