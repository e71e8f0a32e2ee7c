import { createServer, get } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import { Recipe } from '../classics/recipe.js';
import { DnsServer } from '@pinwheel/testing/dns-server';

// The installed nginx cannot resolve names while serving; the expectations follow nginx's documentation.

const HOSTS = ['127.0.0.2', '127.0.0.3', '127.0.0.4'] as const;

let dns: DnsServer;
let recipe: Recipe | undefined;
let port = 0;
/** The port of all backends; each listens on its own address, and answers with it. */
let backendPort = 0;
let servers: Server[] = [];
const sockets = new Set<Socket>();

beforeEach(async () => {
  dns = await DnsServer.start();
  port = await freePort();
  backendPort = await freePort();
  servers = HOSTS.map((host) => {
    const server = createServer((_request, response) => response.end(host));
    server.on('upgrade', (_request, socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    return server;
  });
  await Promise.all(
    servers.map(
      (server, i) =>
        new Promise<void>((resolve) => {
          server.listen(backendPort, HOSTS[i], resolve);
        }),
    ),
  );
});

afterEach(async () => {
  await recipe?.stop();
  recipe = undefined;
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await dns.stop();
});

function conf(upstream: string): string {
  return `
    error_log logs/error.log notice;
    events { }
    http {
      access_log off;
      resolver 127.0.0.1:${dns.port} valid=1s ipv6=off;
      resolver_timeout 300ms;
      upstream u { zone u 64k; ${upstream} }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://u; proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
        }
      }
    }`;
}

async function serve(upstream: string): Promise<void> {
  recipe = await Recipe.start('pinwheel', conf(upstream), port);
}

/** The backend that answers, or the status when none does. */
function ask(): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false }, (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve(response.statusCode === 200 ? text : String(response.statusCode)));
    }).on('error', reject);
  });
}

/** Waits until exactly these backends answer a number of consecutive requests. */
async function answeredBy(...expected: readonly string[]): Promise<void> {
  let found: readonly string[] = [];
  const isSo = async (): Promise<boolean> => {
    const answers: string[] = [];
    for (let i = 0; i < expected.length * 2; i++) answers.push(await ask());
    found = [...new Set(answers)].toSorted();
    return found.join(' ') === expected.toSorted().join(' ');
  };
  await until(`answers by ${expected.join(', ')}`, isSo).catch((error: unknown) => {
    throw new Error(`it was ${found.join(', ')}`, { cause: error });
  });
}

test('the peers follow the addresses of the name', async () => {
  dns.set('app.test', { A: ['127.0.0.2'] });
  await serve(`server app.test:${backendPort} resolve;`);
  await answeredBy('127.0.0.2');
  dns.set('app.test', { A: ['127.0.0.3'] });
  await answeredBy('127.0.0.3');
  dns.set('app.test', { A: ['127.0.0.3', '127.0.0.4', '127.0.0.2'] });
  await answeredBy('127.0.0.2', '127.0.0.3', '127.0.0.4');
  dns.set('app.test', {});
  await answeredBy('502');
  expect(recipe?.read('logs/error.log')).toContain('app.test could not be resolved');
  dns.set('app.test', { CNAME: ['alias.test'] });
  dns.set('alias.test', { A: ['127.0.0.4'] });
  await answeredBy('127.0.0.4');
});

test('a name server that fails changes nothing', async () => {
  dns.set('app.test', { A: ['127.0.0.2', '127.0.0.3'] });
  await serve(`server app.test:${backendPort} resolve;`);
  await answeredBy('127.0.0.2', '127.0.0.3');
  dns.fails = true;
  await recipe?.has('logs/error.log', 'app.test could not be resolved');
  await answeredBy('127.0.0.2', '127.0.0.3');
});

test('a tunnel stays open when its peer’s address is removed, and other servers are unchanged', async () => {
  dns.set('app.test', { A: ['127.0.0.2'] });
  await serve(`server app.test:${backendPort} resolve; server 127.0.0.4:${backendPort} backup;`);
  await answeredBy('127.0.0.2');
  const tunnel = connect(port, '127.0.0.1');
  sockets.add(tunnel);
  expect(
    await said(tunnel, 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
  ).toContain(' 101 ');
  dns.set('app.test', {});
  await answeredBy('127.0.0.4');
  expect(await said(tunnel, 'still there')).toBe('still there');
});

test('a reload keeps the known addresses', async () => {
  dns.set('app.test', { A: ['127.0.0.2'] });
  await serve(`server app.test:${backendPort} resolve;`);
  await answeredBy('127.0.0.2');
  dns.fails = true;
  await recipe?.reload(conf(`least_conn; server app.test:${backendPort} resolve;`));
  await recipe?.has('logs/error.log', ': reconfigured');
  expect(await ask()).toBe('127.0.0.2');
  // The port is that of the new file.
  await recipe?.reload(conf(`server app.test:${await freePort()} resolve;`));
  await until(
    'reconfigured twice',
    () => (recipe?.read('logs/error.log').match(/: reconfigured$/gm) ?? []).length === 2,
  );
  expect(await ask()).toBe('502');
});

test('SRV records give ports and weights, and records of lower priority are backups', async () => {
  dns.set('_http._tcp.app.test', {
    SRV: [`1 3 ${backendPort} a.test`, `1 1 ${backendPort} b.test`, `2 1 ${backendPort} c.test`],
  });
  dns.set('a.test', { A: ['127.0.0.2'] });
  dns.set('b.test', { A: ['127.0.0.3'] });
  dns.set('c.test', { A: ['127.0.0.4'] });
  await serve('server app.test service=http resolve;');
  await answeredBy('127.0.0.2', '127.0.0.3');
  const answers: string[] = [];
  for (let i = 0; i < 8; i++) answers.push(await ask());
  expect(answers.filter((one) => one === '127.0.0.2')).toHaveLength(6);
  // Two records of one target are two peers.
  dns.set('_http._tcp.app.test', {
    SRV: [`1 1 ${backendPort} a.test`, `1 1 ${backendPort} a.test`, `1 1 ${backendPort} c.test`],
  });
  await answeredBy('127.0.0.2', '127.0.0.4');
  expect([await ask(), await ask(), await ask()].toSorted()).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.4']);
  dns.set('_http._tcp.app.test', { SRV: [`2 1 ${backendPort} c.test`] });
  await answeredBy('127.0.0.4');
});

test.each([
  [
    'upstream u { server app.test resolve; }',
    /resolving names at run time requires upstream "u" in \S+nginx.conf:4 to be in shared memory$/m,
  ],
  [
    'upstream u { zone u 64k; server app.test resolve; }',
    /no resolver defined to resolve names at run time in upstream "u" in \S+nginx.conf:4$/m,
  ],
  [
    'resolver 127.0.0.1; upstream u { zone u 64k; server app.test:80 service=http resolve; }',
    /service upstream "app.test:80" may not have port in \S+nginx.conf:4$/m,
  ],
  ['upstream u { server no-such-name.invalid:81; }', /host not found in upstream "no-such-name.invalid:81" in \S+:4$/m],
])('%s is an error', async (text, expected) => {
  const started = Recipe.start('pinwheel', `events { }\nhttp {\n${text} }`, port);
  await expect(started.catch((error: unknown) => String(error))).resolves.toMatch(expected);
});

/** The bytes that come back for the bytes written. */
function said(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (data) => resolve(data.toString('latin1')));
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once('error', reject);
    socket.write(text);
  });
}
