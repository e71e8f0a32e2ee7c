import { expect, it } from 'vitest';
import { memoryFiles } from '../testing/memory-files.js';
import { request } from '../testing/request.js';
import { core } from '../directives/core.js';
import { http } from '../directives/http.js';
import { log } from '../directives/log.js';
import { proxy } from '../directives/proxy.js';
import { MimeTypes } from '../directives/types.js';
import { upstream } from '../directives/upstream.js';
import { loadConfiguration } from './load.js';
import type { Scope } from '../declare/scope.js';

function load(text: string): { readonly main: Scope; readonly http: Scope; readonly servers: readonly Scope[] } {
  const { main } = loadConfiguration(memoryFiles({ '/f': `events {}\n${text}` }), '/f');
  const inside = main.blocks(http.http)[0]?.scope ?? main;
  return { main, http: inside, servers: inside.blocks(http.server).map(({ scope }) => scope) };
}

function locations(server: Scope | undefined): readonly Scope[] {
  return server?.blocks(http.location).map(({ scope }) => scope) ?? [];
}

it('get returns the value of the nearest level, else the default', () => {
  const { http: outer, servers } = load(
    'http { proxy_read_timeout 5s; server { location / { proxy_read_timeout 1s; } location /b { location /b/c {} } } }',
  );
  const [a, b] = locations(servers[0]);
  expect(outer.get(proxy.proxy_read_timeout)).toBe(5_000);
  expect(a?.get(proxy.proxy_read_timeout)).toBe(1_000);
  expect(locations(b)[0]?.get(proxy.proxy_read_timeout)).toBe(5_000);
  expect(a?.get(proxy.proxy_send_timeout)).toBe(60_000);
  expect(a?.get(proxy.proxy_method)).toBeUndefined();
});

it('a list is inherited as a whole, or not at all when the level has one of its own', () => {
  const { servers } = load(
    `http { proxy_set_header A 1; proxy_set_header B 2;
      server { location /a {} location /b { proxy_set_header C 3; } } }`,
  );
  expect(locations(servers[0]).map((one) => one.list(proxy.proxy_set_header).map(({ name }) => name))).toEqual([
    ['A', 'B'],
    ['C'],
  ]);
});

it('directives that answer or pass a request are not inherited', () => {
  const { servers } = load(
    'http { server { return 404; location / { proxy_pass http://127.0.0.1; location /a {} } } }',
  );
  const [outer] = locations(servers[0]);
  expect(outer?.own(http.return)).toEqual([]);
  expect(outer?.get(proxy.proxy_pass)).toMatchObject({ kind: 'constant' });
  expect(locations(outer)[0]?.get(proxy.proxy_pass)).toBeUndefined();
});

it('a directive with two meanings has that of its context', () => {
  const { http: outer } = load(
    'http { keepalive_timeout 5 4; upstream u { server 10.0.0.1 weight=3 fail_timeout=1m drain; keepalive_timeout 7; } }',
  );
  const [group] = outer.blocks(upstream.upstream);
  expect(group?.value).toBe('u');
  expect(group?.scope.get(upstream.keepalive_timeout)).toBe(7_000);
  expect(group?.scope.get(upstream.keepalive)).toBe(32);
  expect(group?.scope.get(upstream.sticky_sid)).toBe(true);
  expect(group?.scope.own(upstream.server)[0]?.value).toMatchObject({
    address: { host: '10.0.0.1', port: 80 },
    weight: 3,
    failTimeout: 60_000,
    drain: true,
    backup: false,
  });
  expect(outer.get(http.keepalive_timeout)).toEqual({ timeout: 5_000, header: 4 });
});

it('set and return keep their order', () => {
  const { servers } = load('http { server { set $a 1; return 200 $a; set $b 2; } }');
  expect(servers[0]?.entries.map(({ spec }) => spec.name)).toEqual(['set', 'return', 'set']);
});

it('compiled defaults work like written values', () => {
  const { servers } = load('http { server {} }');
  const [access] = servers[0]?.list(log.access_log) ?? [];
  if (access === undefined || access === 'off') throw new Error('no log');
  expect(access.path.value).toBe('logs/access.log');
  expect(access.format.line(request())).toContain('"GET /a?x=1 HTTP/1.1" 200 100');
  expect(
    servers[0]
      ?.list(http.index)
      .flat()
      .map(({ value }) => value),
  ).toEqual(['index.html']);
  expect(servers[0]?.list(core.error_log)).toEqual([]);
});

it('directives of the command line come before those of the file', () => {
  const files = memoryFiles({ '/f': 'events {}' });
  const { main } = loadConfiguration(files, '/f', 'daemon off;');
  expect(main.get(core.daemon)).toBe(false);
  expect(() => loadConfiguration(memoryFiles({ '/f': 'events {}\ndaemon on;' }), '/f', 'daemon off;')).toThrow(
    '"daemon" directive is duplicate',
  );
});

it('a directive without effect gives one warning, even if it is repeated', () => {
  const { warnings } = loadConfiguration(
    memoryFiles({ '/f': 'events { use epoll; }\nhttp { sendfile on; server { sendfile off; } }' }),
    '/f',
  );
  expect(warnings.map(String)).toEqual([
    'pinwheel: [warn] the "use" directive has no effect in pinwheel in /f:1',
    'pinwheel: [warn] the "sendfile" directive has no effect in pinwheel in /f:2',
  ]);
});

it('types blocks of a level are merged, and replace those around them', () => {
  const { http: outer, servers } = load(
    'http { types { text/html html HTM; } types { image/png png; } server { types { text/css css; } } }',
  );
  expect([...(outer.get(http.types)?.entries ?? [])]).toEqual([
    ['html', 'text/html'],
    ['htm', 'text/html'],
    ['png', 'image/png'],
  ]);
  expect([...(servers[0]?.get(http.types)?.entries.keys() ?? [])]).toEqual(['css']);
  expect(load('http {}').http.get(http.types)).toBeUndefined();
  expect(MimeTypes.defaults().entries.get('jpeg')).toBe('image/jpeg');
});
