import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { isMissing, Recipe, RUNNERS } from './recipe.js';

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

/** A server that accepts the upgrade and reads nothing afterwards. */
async function startDeafServer(): Promise<{ port: number; stop: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.pause();
      socket.write(SWITCHING);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** CLASSICS B3. */
describe.each(RUNNERS)('a server that stops reading, behind %s', (runner) => {
  let recipe: Recipe | undefined;
  let stop: (() => void) | undefined;

  afterEach(async () => {
    await recipe?.stop();
    stop?.();
  });

  test.skipIf(isMissing(runner))(
    'B3: is disconnected after the send timeout (nginx: apt-get install nginx)',
    async () => {
      const deaf = await startDeafServer();
      stop = deaf.stop;
      const port = await freePort();
      const conf = `events { } http { access_log off; server { listen ${port}; location / {
      proxy_pass http://127.0.0.1:${deaf.port}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade"; proxy_send_timeout 1s; proxy_read_timeout 60s; } } }`;
      recipe = await Recipe.start(runner, conf, port);
      const client = connect(port, '127.0.0.1');
      client.on('error', () => undefined);
      client.write(UPGRADE);
      const [head] = (await once(client, 'data')) as [Buffer];
      expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /);
      const closed = new Promise((resolve) => client.once('close', resolve));
      const began = performance.now();
      const piece = Buffer.alloc(65_536);
      const flood = (): void => {
        while (!client.destroyed && client.write(piece));
      };
      client.on('drain', flood);
      flood();
      await closed;
      const seconds = (performance.now() - began) / 1_000;
      expect(seconds).toBeGreaterThan(0.8);
      expect(seconds).toBeLessThan(20);
    },
  );
});
