import { createHash } from 'node:crypto';
import { createServer, get } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import { Recipe } from '../classics/recipe.js';

// Open-source nginx has `sticky` and `drain` since 1.29.6, the installed one does not: the expectations follow nginx's
// documentation.

const servers: Server[] = [];
const sockets = new Set<Socket>();
const ports: number[] = [];
let recipe: Recipe | undefined;
let port = 0;

beforeAll(async () => {
  for (let i = 0; i < 3; i++) {
    const server = createServer((request, response) => {
      if (request.url === '/login') response.setHeader('Set-Cookie', `session=${i}-${Date.now()}; Path=/`);
      response.end(String(i));
    });
    server.on('upgrade', (_request, socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    servers.push(server);
    ports.push((server.address() as AddressInfo).port);
  }
  port = await freePort();
});

afterEach(async () => {
  await recipe?.stop();
  recipe = undefined;
});

afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** A configuration whose upstream has these lines; `PORT0` and so on stand for the backends' ports. */
function conf(upstream: string): string {
  const lines = upstream.replace(/PORT(\d)/g, (_, i: string) => String(ports[Number(i)]));
  return `
    error_log logs/error.log notice;
    events { }
    http {
      access_log off;
      map $http_x_route $route { default $http_x_route; }
      upstream u { ${lines} }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://u; proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
        }
      }
    }`;
}

async function serve(upstream: string, main = ''): Promise<void> {
  recipe = await Recipe.start('pinwheel', `${main}${conf(upstream)}`, port);
}

async function reload(upstream: string): Promise<void> {
  if (recipe === undefined) throw new Error('nothing is served');
  const before = count(recipe.read('logs/error.log'));
  await recipe.reload(conf(upstream));
  await until('reconfigured', () => recipe !== undefined && count(recipe.read('logs/error.log')) > before);
}

function count(log: string): number {
  return (log.match(/: reconfigured$/gm) ?? []).length;
}

interface Answer {
  readonly status: number;
  /** The backend that sent a response. */
  readonly from: number;
  readonly cookies: readonly string[];
}

function ask(path = '/', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve(answerOf(response, text)));
    });
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(answerOf(response, '-1'));
    });
    request.on('error', reject);
  });
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, text: string): Answer {
  return { status: statusCode, from: Number(text), cookies: headers['set-cookie'] ?? [] };
}

async function askMany(times: number, headers: Readonly<Record<string, string>> = {}): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < times; i++) found.push((await ask('/', headers)).from);
  return found;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

describe('sticky cookie', () => {
  const THREE = 'server 127.0.0.1:PORT0; server 127.0.0.1:PORT1; server 127.0.0.1:PORT2;';

  test('every response has a cookie with the MD5 of its peer’s address, and a request with it reaches that peer', async () => {
    await serve(`${THREE} sticky cookie srv;`);
    const first = await ask();
    expect(first.cookies).toEqual([`srv=${md5(`127.0.0.1:${ports[first.from] ?? 0}`)}`]);
    const cookie = `srv=${md5(`127.0.0.1:${ports[2] ?? 0}`)}`;
    expect(await askMany(5, { cookie })).toEqual([2, 2, 2, 2, 2]);
    expect((await ask('/', { cookie: `a=b; ${cookie}` })).cookies).toEqual([cookie]);
    const stranger = await ask('/', { cookie: 'srv=unknown' });
    expect(stranger.cookies).toEqual([`srv=${md5(`127.0.0.1:${ports[stranger.from] ?? 0}`)}`]);
  });

  test('the cookie has the attributes of the directive, in nginx’s order', async () => {
    const all = 'expires=1h domain=.$host path=/p httponly secure samesite=Lax';
    await serve(`server 127.0.0.1:PORT0 route=a; server 127.0.0.1:PORT1 route=b; sticky cookie srv ${all};`);
    const [cookie = ''] = (await ask()).cookies;
    const [, expires = '', rest] = /^srv=a; expires=([^;]+); (.*)$/.exec(cookie) ?? [];
    expect(expires).toMatch(/^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat), \d\d-[A-Z][a-z][a-z]-\d\d \d\d:\d\d:\d\d GMT$/);
    const away = Date.parse(expires.replace(/-(\d\d) /, '-20$1 ')) - Date.now();
    expect(Math.abs(away - 3_600_000)).toBeLessThan(5_000);
    expect(rest).toBe('max-age=3600; domain=.127.0.0.1; httponly; secure; samesite=Lax; path=/p');
  });

  test('"max" lasts until 2037; an invalid SameSite variable counts as strict', async () => {
    await serve('server 127.0.0.1:PORT0 route=a; sticky cookie srv expires=max samesite=$route;');
    const max = 'srv=a; expires=Thu, 31-Dec-37 23:55:55 GMT; max-age=315360000';
    expect((await ask()).cookies).toEqual([max]);
    expect((await ask('/', { 'x-route': 'none' })).cookies).toEqual([`${max}; samesite=none`]);
    expect((await ask('/', { 'x-route': 'odd' })).cookies).toEqual([`${max}; samesite=strict`]);
  });

  test('a 101 response has the cookie too', async () => {
    await serve(`${THREE} sticky cookie srv;`);
    const { status, cookies } = await ask('/ws', { upgrade: 'websocket', connection: 'Upgrade' });
    expect([status, cookies.length]).toEqual([101, 1]);
  });

  test('a client whose peer is unreachable moves, and gets a new cookie', async () => {
    const unusedPort = await freePort();
    await serve(`server 127.0.0.1:PORT0 route=a; server 127.0.0.1:${unusedPort} route=dead; sticky cookie srv;`);
    const { status, from, cookies } = await ask('/', { cookie: 'srv=dead' });
    expect([status, from, cookies]).toEqual([200, 0, ['srv=a']]);
  });

  test('a draining peer keeps its clients and receives no others', async () => {
    await serve('server 127.0.0.1:PORT0 route=a; server 127.0.0.1:PORT1 route=b; sticky cookie srv;');
    expect((await askMany(4)).toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1]);
    await reload('server 127.0.0.1:PORT0 route=a drain; server 127.0.0.1:PORT1 route=b; sticky cookie srv;');
    expect(await askMany(4)).toEqual([1, 1, 1, 1]);
    expect(await askMany(4, { cookie: 'srv=a' })).toEqual([0, 0, 0, 0]);
    await reload('server 127.0.0.1:PORT0 route=a down; server 127.0.0.1:PORT1 route=b; sticky cookie srv;');
    expect(await askMany(2, { cookie: 'srv=a' })).toEqual([1, 1]);
  });

  test.each(['ip_hash;', 'hash $http_x_key;', 'hash $http_x_key consistent;', 'least_conn;', 'random;', 'random two;'])(
    'takes precedence over "%s"',
    async (method) => {
      const named = 'server 127.0.0.1:PORT0 route=a; server 127.0.0.1:PORT1 route=b; server 127.0.0.1:PORT2 route=c;';
      await serve(`${method} ${named} sticky cookie srv;`);
      for (const [i, route] of ['a', 'b', 'c'].entries()) {
        expect(await askMany(2, { cookie: `srv=${route}`, 'x-key': 'one' })).toEqual([i, i]);
      }
    },
  );
});

describe('sticky route', () => {
  test('the first variable that is not empty names the peer', async () => {
    const named = 'server 127.0.0.1:PORT0 route=a.0; server 127.0.0.1:PORT1 route=b.1; server 127.0.0.1:PORT2;';
    await serve(`${named} sticky route $route $arg_route;`);
    expect(await askMany(3, { 'x-route': 'b.1' })).toEqual([1, 1, 1]);
    expect((await ask('/?route=a.0')).from).toBe(0);
    expect((await ask('/?route=a.0', { 'x-route': 'b.1' })).from).toBe(1);
    expect((await ask('/?route=a.0')).cookies).toEqual([]);
  });
});

describe('sticky learn', () => {
  const LEARN = 'create=$upstream_cookie_session lookup=$cookie_session zone=sessions:64k';
  const TWO = 'server 127.0.0.1:PORT0; server 127.0.0.1:PORT1;';

  async function login(): Promise<{ from: number; cookie: string }> {
    const { from, cookies } = await ask('/login');
    return { from, cookie: cookies[0]?.split(';')[0] ?? '' };
  }

  test.each(['', ' header'])('the session that a response opens stays with its peer (learn%s)', async (header) => {
    await serve(`${TWO} sticky learn ${LEARN}${header};`);
    const [one, two] = [await login(), await login()];
    expect(one.from).not.toBe(two.from);
    for (const { from, cookie } of [one, two]) expect(await askMany(3, { cookie })).toEqual([from, from, from]);
  });

  test('a session that no response has opened is not learned', async () => {
    await serve(`${TWO} sticky learn ${LEARN};`);
    expect(new Set(await askMany(4, { cookie: 'session=made-up' })).size).toBe(2);
  });

  test('workers share sessions', async () => {
    await serve(`${TWO} sticky learn ${LEARN};`, 'worker_processes 2;');
    expect(recipe?.read('logs/error.log').match(/start worker process/g)).toHaveLength(2);
    for (let i = 0; i < 4; i++) {
      const { from, cookie } = await login();
      // Every worker learns it eventually; each connection may be accepted by any of them.
      await until('every worker knows', async () => (await askMany(8, { cookie })).every((one) => one === from));
    }
  });

  test('sessions survive a reload, and a draining peer keeps them', async () => {
    await serve(`${TWO} sticky learn ${LEARN};`);
    const { from, cookie } = await login();
    await reload(TWO.replace(`PORT${from};`, `PORT${from} drain;`) + ` sticky learn ${LEARN};`);
    expect(await askMany(3, { cookie })).toEqual([from, from, from]);
    expect(await askMany(3)).toEqual([1 - from, 1 - from, 1 - from]);
  });
});
