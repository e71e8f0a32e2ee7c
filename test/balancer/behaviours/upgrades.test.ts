import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ok } from './backend.js';
import type { SeenRequest } from './backend.js';
import { get, NO_NGINX, Pair } from './pair.js';

const CONF = `events {}
http { default_type text/plain;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  log_format tunnel '$status $request_length $body_bytes_sent $upstream_status $upstream_bytes_received $request_uri';
  access_log logs/tunnel.log tunnel;
  server { listen 127.0.0.1:PORT0;
    add_header X-Always 1 always; add_header X-Usual 1; add_header X-Status "$status $upstream_status" always;
    add_header X-Empty $arg_none; add_header X-Two a; add_header X-Two b;
    location / { proxy_pass http://BACKEND; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade; }
    location /own/ { add_header X-Own o; proxy_pass http://BACKEND; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade; }
    location /none { return 404; }
    location /text { return 500 "text"; }
    location /moved { return 302 /x; }
    location /207 { return 207 x; }
  }
}`;

const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\nX-Up: 1\r\n\r\n';

function answer({ head }: SeenRequest): string {
  const [, path = ''] = head.split(' ');
  const asks = /\nupgrade: /i.test(head);
  if (path.endsWith('/first')) return `${SWITCHED}first `;
  if (path.endsWith('/ws') && asks) return SWITCHED;
  if (path.endsWith('/refused')) return ok('no').replace('200 OK', '403 Forbidden');
  return ok('ok', 'X-Own: backend\r\n');
}

const ask = (path: string, after: string, start = 'GET', fields = ''): string =>
  `${start} ${path} HTTP/1.1\nHost: a\nUpgrade: foo\nConnection: upgrade\n${fields}\n${after}`;

describe.skipIf(NO_NGINX)('upgrades behave as through nginx (apt-get install nginx)', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.start(CONF, answer);
  });

  afterAll(() => pair.stop());

  it('any protocol may be upgraded to, and bytes are counted', async () => {
    const requests = [
      ask('/ws', 'hello-end'),
      ask('/own/ws', 'hello-end'),
      ask('/first', 'q-end'),
      ask('/ws', 'abcdef-end', 'POST', 'Content-Length: 3\n'),
      `GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\nabc-end`,
      'GET /ws HTTP/1.0\nHost: a\nUpgrade: foo\nConnection: upgrade\n\nxyz-end',
    ];
    for (const raw of requests) {
      expect(await pair.sameProxied(raw)).toMatch(/^HTTP\/1\.1 101 Switching Protocols\n[^]*-end$/);
    }
    const [ours, theirs] = await Promise.all([
      pair.ours.lines('logs/tunnel.log', requests.length),
      pair.theirs.lines('logs/tunnel.log', requests.length),
    ]);
    expect(ours).toEqual(theirs);
    expect(theirs[0]).toMatch(/^101 59 9 101 /);
  });

  it('an unrequested 101 opens no tunnel: the client gets the head only', async () => {
    const answered = await pair.ours.exchange(get('/first'));
    expect(answered).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n[^]*Connection: upgrade\r\n[^]*\r\n\r\n$/);
    expect(answered).not.toContain('first');
    pair.ours.backend.take();
  });

  it('a peer may refuse an upgrade', async () => {
    for (const path of ['/no', '/refused']) {
      await pair.sameProxied(`GET ${path} HTTP/1.1\nHost: a\nUpgrade: foo\nConnection: upgrade, close\n\n`);
    }
    await pair.sameProxied(get('/ws'));
  });

  it('add_header of a 101 depends on the status', async () => {
    for (const path of ['/none', '/text', '/moved', '/207', '/own/x', '/own/refused', '/refused', '/x']) {
      await pair.sameProxied(get(path));
    }
  });
});
