import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { startEchoServer } from './echo-server.js';
import type { EchoServer } from './echo-server.js';
import { isMissing, Recipe, RUNNERS } from './recipe.js';
import type { Runner } from './recipe.js';
import { openWebSocket } from './websocket.js';

/** A self-signed certificate for `localhost`. */
function selfSigned(): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'pinwheel-cert-'));
  try {
    const args = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
    execFileSync('openssl', [...args.split(' '), '-keyout', join(folder, 'key'), '-out', join(folder, 'cert')], {
      stdio: 'ignore',
    });
    return { cert: readFileSync(join(folder, 'cert'), 'utf8'), key: readFileSync(join(folder, 'key'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { cert, key } = selfSigned();
const FILES = { 'conf/fullchain.pem': cert, 'conf/key.pem': key };
const UPGRADE =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
const FORWARDED = 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;';

let server: EchoServer;
let recipes: Recipe[] = [];

beforeEach(async () => {
  server = await startEchoServer('only');
});
afterEach(async () => {
  await Promise.all(recipes.map((recipe) => recipe.stop()));
  recipes = [];
  await server.stop();
});

async function start(runner: Runner, conf: string, port: number): Promise<void> {
  recipes.push(await Recipe.start(runner, `events { } http { access_log off; ${conf} }`, port, FILES));
}

const tlsServer = (port: number): string =>
  `listen ${port} ssl; server_name localhost; ssl_certificate fullchain.pem; ssl_certificate_key key.pem;`;

/** CLASSICS B. */
describe.each(RUNNERS)('wss outside, ws inside, through %s', (runner) => {
  test.skipIf(isMissing(runner))(
    'B1: serves a client that requires wss and verifies the name (nginx: apt-get install nginx)',
    async () => {
      const port = await freePort();
      const conf = `upstream websocket { server 127.0.0.1:${server.port}; } server { ${tlsServer(port)}
      location / { proxy_pass http://websocket; proxy_read_timeout 60s; proxy_send_timeout 60s; ${UPGRADE}
        proxy_set_header X-Forwarded-Proto $scheme; } }`;
      await start(runner, conf, port);
      const { ask, socket } = await openWebSocket(`wss://localhost:${port}/`, { ca: cert });
      const long = 'x'.repeat(100_000);
      expect(await ask(long)).toBe(`Server received from client: ${long}`);
      expect(server.requests[0]).toMatchObject({ 'x-forwarded-proto': 'https' });
      socket.terminate();
    },
  );
});

const chains: readonly (readonly [Runner, Runner])[] = [
  ['pinwheel', 'pinwheel'],
  ['pinwheel', 'nginx'],
  ['nginx', 'pinwheel'],
];

describe.each(chains)('a relay of %s before %s', (outer, inner) => {
  test.skipIf(isMissing(outer) || isMissing(inner))(
    'B2: Host becomes the other name, and X-Forwarded-For lists both hops (nginx: apt-get install nginx)',
    async () => {
      const outside = await freePort();
      const inside = await freePort();
      await start(
        inner,
        `server { listen 127.0.0.1:${inside} default_server; server_name _; return 444; }
         server { listen 127.0.0.1:${inside}; server_name localhost;
           location / { proxy_pass http://127.0.0.1:${server.port}; ${UPGRADE} ${FORWARDED}
             proxy_set_header Host $host; } }`,
        inside,
      );
      await start(
        outer,
        `server { ${tlsServer(outside)} location / { proxy_pass http://localhost:${inside}; ${UPGRADE} ${FORWARDED} } }`,
        outside,
      );
      const { ask, socket } = await openWebSocket(`wss://localhost:${outside}/`, { ca: cert });
      expect(await ask('through two')).toBe('Server received from client: through two');
      expect(server.requests[0]).toMatchObject({ host: 'localhost', 'x-forwarded-for': '127.0.0.1, 127.0.0.1' });
      socket.terminate();
    },
  );
});
