import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../testing/memory-files.js';
import { request } from '../testing/request.js';
import { core } from '../directives/core.js';
import { http } from '../directives/http.js';
import { log } from '../directives/log.js';
import { proxy } from '../directives/proxy.js';
import { tls } from '../directives/tls.js';
import { upstream } from '../directives/upstream.js';
import { loadConfiguration } from './load.js';
import type { Configuration } from './load.js';
import type { Scope } from '../declare/scope.js';

function load(text: string, more: Readonly<Record<string, string>> = {}): Configuration {
  return loadConfiguration(memoryFiles({ '/etc/nginx/nginx.conf': text, ...more }), '/etc/nginx/nginx.conf');
}

interface Parts {
  readonly main: Scope;
  readonly inside: Scope;
  readonly server: Scope;
  readonly location: Scope;
}

/** The first server and its first location. */
function parts({ main }: Configuration): Parts {
  const inside = main.blocks(http.http)[0]?.scope;
  const server = inside?.blocks(http.server)[0]?.scope;
  const location = server?.blocks(http.location)[0]?.scope;
  if (inside === undefined || server === undefined || location === undefined) throw new Error('no location');
  return { main, inside, server, location };
}

/** The header fields that `proxy_set_header` gives a request. */
function sentHeaders(location: Scope, headers: Readonly<Record<string, string>>): Record<string, string> {
  const facts = request({ headers });
  return Object.fromEntries(
    location.list(proxy.proxy_set_header).map(({ name, value }) => [name, value.evaluate(facts)]),
  );
}

function peers(inside: Scope): readonly string[] {
  return inside
    .blocks(upstream.upstream)
    .flatMap(({ scope }) => scope.own(upstream.server).map(({ value }) => value.source));
}

describe('A: plain WebSocket echo over two servers', () => {
  const { inside, server, location } = parts(
    load(`
user  www-data;
worker_processes  auto;
error_log  /var/log/nginx/error.log  warn;
pid        /run/nginx.pid;
events { worker_connections  1024; }
http {
    map $http_upgrade $connection_upgrade {
        default upgrade;
        ''      close;
    }
    upstream websocket {
        #ip_hash;
        server localhost:8010;
        server localhost:8011;
    }
    server {
        listen 80;
        server_name localhost;
        access_log /var/log/nginx/websocket.log;
        location / {
            proxy_pass http://websocket;
            proxy_read_timeout 300s;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }
    }
}`),
  );

  it('listens on 80 for localhost and passes to both servers', () => {
    expect(server.own(http.listen).map(({ value }) => value.address)).toMatchObject([{ host: '*', port: 80 }]);
    expect(server.own(http.server_name)[0]?.value).toEqual([{ name: 'localhost' }]);
    expect(location.get(proxy.proxy_pass)).toMatchObject({ authority: 'websocket', uri: undefined });
    expect(peers(inside)).toEqual(['localhost:8010', 'localhost:8011']);
    expect(location.get(proxy.proxy_read_timeout)).toBe(300_000);
    expect(location.get(proxy.proxy_send_timeout)).toBe(60_000);
    expect(inside.blocks(upstream.upstream)[0]?.scope.has(upstream.ip_hash)).toBe(false);
  });

  it('sends an upgrade as an upgrade and anything else as plain HTTP', () => {
    expect(sentHeaders(location, { upgrade: 'websocket' })).toEqual({
      Host: 'example.com',
      'X-Real-IP': '192.0.2.7',
      'X-Forwarded-For': '192.0.2.7',
      Upgrade: 'websocket',
      Connection: 'upgrade',
    });
    expect(sentHeaders(location, {})).toMatchObject({ Upgrade: '', Connection: 'close' });
  });

  it('logs in the combined format', () => {
    const [access] = location.list(log.access_log);
    if (access === undefined || access === 'off') throw new Error('no log');
    expect([access.path.value, access.format.name]).toEqual(['/var/log/nginx/websocket.log', 'combined']);
  });
});

describe('B: wss outside, ws inside, and a relay', () => {
  it('terminates TLS with the settings of an included file', () => {
    const { server, location } = parts(
      load(
        `events {} http {
          upstream websocket { server localhost:8282; }
          server {
            listen 443 ssl;
            server_name wss.example.com;
            ssl_certificate /etc/letsencrypt/live/example.com/fullchain.pem;
            ssl_certificate_key /etc/letsencrypt/live/example.com/privkey.pem;
            include options-ssl.conf;
            ssl_dhparam /etc/letsencrypt/ssl-dhparams.pem;
            location / { proxy_pass http://websocket; proxy_read_timeout 1h; proxy_send_timeout 30m; }
          }
        }`,
        {
          '/etc/nginx/options-ssl.conf': `ssl_session_cache shared:le_nginx_SSL:10m;
            ssl_session_timeout 1440m; ssl_session_tickets off; ssl_protocols TLSv1.2 TLSv1.3;
            ssl_prefer_server_ciphers off; ssl_ciphers "ECDHE-ECDSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384";`,
        },
      ),
    );
    expect(server.own(http.listen)[0]?.value).toMatchObject({ ssl: true, address: { port: 443 } });
    expect(server.list(tls.ssl_certificate)).toEqual(['/etc/letsencrypt/live/example.com/fullchain.pem']);
    expect(server.get(tls.ssl_dhparam)).toBe('/etc/letsencrypt/ssl-dhparams.pem');
    expect(server.get(tls.ssl_session_cache)).toMatchObject({ shared: { name: 'le_nginx_SSL', size: 10_485_760 } });
    expect(server.get(tls.ssl_session_timeout)).toBe(86_400);
    expect(server.get(tls.ssl_session_tickets)).toBe(false);
    expect(server.get(tls.ssl_protocols)).toEqual(['TLSv1.2', 'TLSv1.3']);
    expect(location.get(proxy.proxy_read_timeout)).toBe(3_600_000);
    expect(location.get(proxy.proxy_send_timeout)).toBe(1_800_000);
  });

  it('relays to another host name and sends that name as Host', () => {
    const { location } = parts(
      load(`events {} http { server { listen 443 ssl; ssl_certificate a; ssl_certificate_key b;
        location / { proxy_pass http://other.example.com; proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; } } }`),
    );
    expect(location.get(proxy.proxy_pass)).toMatchObject({
      scheme: 'http',
      authority: 'other.example.com',
      address: { host: 'other.example.com', port: undefined },
    });
    expect(Object.keys(sentHeaders(location, {}))).toEqual(['Upgrade', 'Connection']);
  });
});

it('C: a separate path with a constant Connection field', () => {
  const { server, location } = parts(
    load(`events {} http {
      upstream wsbackend { server 192.168.100.10:8010; }
      server { listen 8020;
        location /wsapp/ { proxy_pass http://wsbackend; proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; } } }`),
  );
  expect(server.blocks(http.location)[0]?.value).toEqual({ kind: 'prefix', path: '/wsapp/', noRegex: false });
  expect(sentHeaders(location, {})).toEqual({ Upgrade: '', Connection: 'upgrade' });
  expect(location.get(proxy.proxy_http_version)).toBe('1.1');
});

it.each([
  ['#ip_hash;', false],
  ['ip_hash;', true],
])('D: Socket.IO on two servers with %s', (policy, isHashed) => {
  const { inside, server } = parts(
    load(`events {} http {
      upstream websocket { ${policy}
        server localhost:3100; server localhost:3101; }
      server { listen 3102; server_name localhost;
        location / { proxy_pass http://websocket; proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; } } }`),
  );
  const group = inside.blocks(upstream.upstream)[0]?.scope;
  expect(peers(inside)).toEqual(['localhost:3100', 'localhost:3101']);
  expect(group?.has(upstream.ip_hash)).toBe(isHashed);
  expect(group?.get(upstream.sticky_sid)).toBe(true);
  expect(server.own(http.listen)[0]?.value.address).toMatchObject({ port: 3102 });
});

it.each([
  ['', '"upgrade"', 'upgrade'],
  ["map $http_upgrade $connection_upgrade { default upgrade; '' close; }", '$connection_upgrade', 'close'],
])('E: the short form %s', (map, connection, expected) => {
  const { main, inside, location } = parts(
    load(`worker_processes auto;
      error_log /var/log/nginx/error.log info;
      events { worker_connections 1024; }
      http { ${map}
        upstream backend { server 127.0.0.1:8000; }
        server { listen 80;
          location /chat/ { proxy_pass http://backend; proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection ${connection}; } } }`),
  );
  expect(main.get(core.worker_processes)).toBe('auto');
  expect(main.list(core.error_log)).toEqual([{ target: '/var/log/nginx/error.log', level: 'info' }]);
  expect(main.blocks(core.events)[0]?.scope.get(core.worker_connections)).toBe(1_024);
  expect(peers(inside)).toEqual(['127.0.0.1:8000']);
  expect(sentHeaders(location, {})).toMatchObject({ Connection: expected });
});
