import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import { startEchoServer } from './echo-server.js';
import type { EchoServer } from './echo-server.js';
import { isMissing, Recipe, RUNNERS } from './recipe.js';
import { openWebSocket } from './websocket.js';

const FORWARDING = `
  proxy_http_version 1.1;
  proxy_set_header Host $host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;`;

/** CLASSICS A, C and E: plain WebSocket echo from files of those forms. */
describe.each(RUNNERS)('plain WebSocket through %s', (runner) => {
  let servers: EchoServer[] = [];
  let recipe: Recipe | undefined;
  let port = 0;

  beforeEach(async () => {
    servers = await Promise.all(['first', 'second'].map(startEchoServer));
    port = await freePort();
  });
  afterEach(async () => {
    await recipe?.stop();
    recipe = undefined;
    await Promise.all(servers.map((server) => server.stop()));
  });

  function http(inside: string): string {
    return `worker_processes 1; events { worker_connections 1024; }
    http { map $http_upgrade $connection_upgrade { default upgrade; '' close; } ${inside} }`;
  }

  function upstream(lines: string): string {
    return `upstream websocket { ${lines} }`;
  }

  const one = (): string => `server localhost:${servers[0]?.port};`;
  const both = (): string => `server 127.0.0.1:${servers[0]?.port}; server 127.0.0.1:${servers[1]?.port};`;

  const server = (location: string): string =>
    `server { listen ${port}; server_name localhost; access_log logs/access.log; ${location} }`;
  const everything = (more = ''): string => `location / { proxy_pass http://websocket; ${FORWARDING} ${more} }`;

  describe.skipIf(isMissing(runner))('(nginx: apt-get install nginx)', () => {
    test('A1: one server echoes many messages on one connection', async () => {
      recipe = await Recipe.start(runner, http(upstream(one()) + server(everything('proxy_read_timeout 300s;'))), port);
      const { answer, ask, socket, closed } = await openWebSocket(`ws://localhost:${port}/chat`);
      expect(answer.statusCode).toBe(101);
      expect(answer.headers['upgrade']).toBe('websocket');
      expect(answer.headers['connection']?.toLowerCase()).toBe('upgrade');
      for (let i = 0; i < 200; i++) expect(await ask(`hello ${i}`)).toBe(`Server received from client: hello ${i}`);
      expect(servers[0]?.received.slice(0, 2)).toEqual([
        'Received from client: hello 0',
        'Received from client: hello 1',
      ]);
      expect(servers[0]?.requests[0]).toMatchObject({
        host: 'localhost',
        'x-real-ip': '127.0.0.1',
        'x-forwarded-for': '127.0.0.1',
        upgrade: 'websocket',
        connection: 'upgrade',
      });
      socket.close();
      await closed;
      await recipe.has('logs/access.log', '"GET /chat HTTP/1.1" 101');
    });

    test('A1: plain HTTP shares the location, and hop-by-hop fields end at the balancer', async () => {
      recipe = await Recipe.start(runner, http(upstream(one()) + server(everything())), port);
      const response = await fetch(`http://localhost:${port}/page?x=1`, { headers: { 'x-forwarded-for': '10.1.2.3' } });
      expect(await response.text()).toBe('first /page?x=1');
      const seen = servers[0]?.requests[0] ?? {};
      expect(seen).toMatchObject({ connection: 'close', 'x-forwarded-for': '10.1.2.3, 127.0.0.1' });
      expect(Object.keys(seen)).not.toContain('upgrade');
      expect(Object.keys(seen)).not.toContain('keep-alive');
    });

    test('A2: round robin alternates between both servers', async () => {
      recipe = await Recipe.start(runner, http(upstream(both()) + server(everything())), port);
      for (let i = 0; i < 6; i++) {
        const { ask, socket } = await openWebSocket(`ws://localhost:${port}/`);
        await ask(String(i));
        socket.terminate();
      }
      expect(servers.map((one_) => one_.received.length)).toEqual([3, 3]);
    });

    test('A2: ip_hash keeps an address on one server', async () => {
      recipe = await Recipe.start(runner, http(upstream(`ip_hash; ${both()}`) + server(everything())), port);
      const pages: string[] = [];
      for (let i = 0; i < 6; i++) pages.push(await (await fetch(`http://127.0.0.1:${port}/`)).text());
      expect(new Set(pages).size).toBe(1);
    });

    test('A3: the read timeout closes a silent tunnel, and a ping from either side keeps it open', async () => {
      recipe = await Recipe.start(runner, http(upstream(one()) + server(everything('proxy_read_timeout 1s;'))), port);
      const silent = await openWebSocket(`ws://localhost:${port}/`);
      const pinging = await openWebSocket(`ws://localhost:${port}/`);
      const pings = setInterval(() => pinging.socket.ping(), 200);
      const began = performance.now();
      await silent.closed;
      expect(performance.now() - began).toBeGreaterThan(800);
      expect(await pinging.ask('still here')).toBe('Server received from client: still here');
      clearInterval(pings);
      await pinging.closed;
    });

    test('C1: a prefix location with a constant Connection header serves WebSocket and plain HTTP', async () => {
      const location = `location /wsapp/ { proxy_pass http://wsbackend; proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }`;
      const conf = http(`upstream wsbackend { ${one()} } server { listen ${port}; access_log off; ${location} }`);
      recipe = await Recipe.start(runner, conf, port);
      const { ask, socket } = await openWebSocket(`ws://127.0.0.1:${port}/wsapp/`);
      expect(await ask('hi')).toBe('Server received from client: hi');
      socket.terminate();
      const plain = await fetch(`http://127.0.0.1:${port}/wsapp/page`);
      expect([plain.status, await plain.text()]).toEqual([200, 'first /wsapp/page']);
      // nginx serves its default root there, which its worker may not be allowed to read.
      expect([403, 404]).toContain((await fetch(`http://127.0.0.1:${port}/elsewhere`)).status);
    });

    test('E1: the short form, and a reload that drops no connection', async () => {
      const form = (peer: number | undefined): string => `worker_processes auto; error_log logs/error.log info;
        events { worker_connections 1024; }
        http { access_log off; upstream backend { server 127.0.0.1:${peer}; }
          server { listen ${port}; location /chat/ { proxy_pass http://backend; proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; } } }`;
      recipe = await Recipe.start(runner, form(servers[0]?.port), port);
      const { ask, socket } = await openWebSocket(`ws://127.0.0.1:${port}/chat/`);
      expect(await ask('before')).toBe('Server received from client: before');
      await recipe.reload(form(servers[1]?.port));
      await until('an answer of the new server', async () => {
        const response = await fetch(`http://127.0.0.1:${port}/chat/x`, { headers: { connection: 'close' } });
        return (await response.text()) === 'second /chat/x';
      });
      expect(await ask('after')).toBe('Server received from client: after');
      expect(servers[0]?.received).toHaveLength(2);
      socket.terminate();
    });
  });
});
