import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ok } from './behaviours/backend.js';
import type { SeenRequest } from './behaviours/backend.js';
import { NO_NGINX, Pair } from './behaviours/pair.js';

describe.skipIf(NO_NGINX)('requests passed on, compared with nginx (apt-get install nginx)', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.start(CONF, answer);
  }, 20_000);

  afterAll(() => pair.stop());

  /** Expects the same response and the same requests to peers from both; returns them. */
  async function same(raw: string): Promise<{ answer: string; seen: readonly SeenRequest[] }> {
    const { ours, theirs } = await pair.both(raw);
    const [one, other] = [ours, theirs].map(({ answer: lines, seen }) => ({
      answer: lines.join('\n'),
      seen: seen.map(({ head, body }) => ({ head, body })),
    }));
    expect(one).toEqual(other);
    return { answer: theirs.answer.join('\n'), seen: theirs.seen };
  }

  describe('proxy_next_upstream', () => {
    it.each([
      ['/500', '500, 200'],
      ['/404', '404, 200'],
      ['/403', '403, 200'],
      ['/429', '429, 200'],
      ['/503', '503, 200'],
      ['/refused', '502, 200'],
      ['/closed', '502, 200'],
      ['/invalid', '502, 200'],
      ['/off', '502'],
      ['/other', '500'],
      ['/all', '500, 500'],
      ['/tries', '500, 500'],
      ['/backup', '502, 502, 200'],
      ['/late', '500'],
    ])('%s makes attempts with %s', async (path, statuses) => {
      expect((await same(get(`/next${path}`))).answer).toContain(`X-Tries: ${statuses}\n`);
    });

    it.each([
      ['/500', '500'],
      ['/closed', '502'],
      ['/refused', '502, 200'],
      ['/idem', '500, 200'],
    ])('POST to %s makes attempts with %s', async (path, statuses) => {
      const got = await same(`POST /post${path} HTTP/1.1\nHost: a\nContent-Length: 2\nConnection: close\n\nhi`);
      expect(got.answer).toContain(`X-Tries: ${statuses}\n`);
    });

    it('http_404 does not count as a failure of the peer, http_500 does', async () => {
      for (let i = 0; i < 3; i++) {
        expect((await same(get('/next/404-again'))).answer).toMatch(/X-Tries: (?:404, )?200\n/);
        expect((await same(get('/next/500-again'))).answer).toMatch(/X-Tries: (?:500, )?200\n/);
      }
      expect((await same(get('/next/500-again'))).answer).toContain('X-Tries: 200\n');
    });

    it('without a live peer the response is 502, and the log names the upstream', async () => {
      await same(get('/next/none'));
      expect((await same(get('/next/none'))).answer).toContain('X-Addr: none\n');
    });
  });

  describe('fields of responses', () => {
    it.each([
      ['/plain/fields'],
      ['/hide/fields'],
      ['/pass/fields'],
      ['/plain/location?http://BACKEND/x'],
      ['/plain/location?http://BACKEND/base/x'],
      ['/plain/location?/relative'],
      ['/plain/location?http://other.test/x'],
      ['/uri/location?http://BACKEND/base/x'],
      ['/uri/location?http://BACKEND/x'],
      ['/redirect/location?http://a.test/x'],
      ['/redirect/location?http://b.test/7/x'],
      ['/redirect/location?http://C.TEST/x'],
      ['/redirect/location?http://d.test/x'],
      ['/redirect/refresh?http://a.test/x'],
      ['/off/location?http://BACKEND/x'],
      ['/default/location?http://BACKEND/base/x'],
      ['/plain/refresh?http://BACKEND/x'],
    ])('%s', async (path) => {
      await same(get(path));
    });
  });

  describe('requests to peers', () => {
    it.each([
      ['a method', get('/method')],
      ['a method from a variable', get('/method-of?m=PURGE')],
      ['GET for HEAD', 'HEAD /get HTTP/1.1\nHost: a\nConnection: close\n\n'],
      ['HTTP/1.0', get('/old')],
      ['HTTP/1.0 with its own Connection', get('/old-own')],
      ['a URL from variables', get('/to/x?a=BACKEND')],
      ['a URL with a URI from variables', get('/to-uri/x?a=BACKEND')],
      ['a URL that names an upstream', get('/to/x?a=backend')],
      ['a name that is not an upstream', get('/to/x?a=absent.test')],
      ['no URL', get('/to-any/x?a=ftp://x')],
      ['an address as the source', get('/bind')],
      ['a variable address as the source', get('/bind-of?a=127.0.0.3')],
      ['$proxy_host and $proxy_port', get('/host')],
    ])('%s', async (_name, raw) => {
      await same(raw);
    });

    it.each([
      ['/on', 'with its length'],
      ['/old', 'with its length, HTTP/1.0'],
      ['/off', 'in chunks'],
    ])('a chunked body reaches %s %s', async (path) => {
      const chunks = '5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n';
      const { seen } = await same(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunks}`,
      );
      expect(seen[0]?.body).toBe('hello world');
    });
  });

  describe('malformed responses', () => {
    it.each([
      ['bare LF'],
      ['old'],
      ['until close'],
      ['old until close'],
      ['extra'],
      ['zero and more'],
      ['304 with a length'],
      ['204 with a body'],
      ['chunks'],
      ['chunks and trailers'],
      ['keep-alive fields'],
      ['no reason'],
      ['long reason'],
      ['nothing'],
      ['half a head'],
      ['a folded line'],
      ['a line without a colon'],
      ['a space in a name'],
    ])('%s', async (name) => {
      await same(get(`/answer/${name.replaceAll(' ', '-')}`));
    });
  });

  // nginx refuses these since 1.23; it accepts chunks in HTTP/1.0.
  it.each([['old chunks'], ['both'], ['bad length'], ['unknown coding'], ['two lengths']])(
    '%s gives 502',
    async (name) => {
      const text = await pair.ours.exchange(get(`/answer/${name.replaceAll(' ', '-')}`));
      pair.ours.backend.take();
      expect(text).toMatch(/^HTTP\/1\.1 502 /);
    },
  );

  it('the log has nginx’s counts', async () => {
    for (const name of ['until close', 'chunks', 'extra', 'keep-alive fields', 'old']) {
      await same(get(`/logged/${name.replaceAll(' ', '-')}`));
    }
    await same(`POST /logged/post HTTP/1.1\nHost: a\nContent-Length: 5\nConnection: close\n\nhello`);
    await same(get('/logged-next'));
    const lines = async (side: Pair['ours']): Promise<string[]> =>
      (await side.lines('logs/count.log', 7)).map((line) => line.replaceAll(/\d\.\d{3}/g, 'T'));
    expect(await lines(pair.ours)).toEqual(await lines(pair.theirs));
    expect(await lines(pair.ours)).toHaveLength(7);
  });

  it('the error log has nginx’s words for failures', async () => {
    const logLines = async (side: Pair['ours']): Promise<string[]> =>
      (await side.lines('logs/error.log', 1))
        .filter((line) => line.includes('[error]'))
        .map((line) => line.replace(/^.*?\[error\] \d+#\d+: \*\d+ /, ''))
        .filter((line) => !line.includes('invalid header') && !line.includes('invalid URL'));
    const known = await logLines(pair.theirs);
    const ours = (await logLines(pair.ours)).filter((line) => !/Content-Length|Transfer-Encoding/.test(line));
    expect(ours.length).toBeGreaterThan(10);
    expect(new Set(ours)).toEqual(new Set(known));
  });
});

function get(path: string): string {
  return `GET ${path} HTTP/1.1\nHost: a\nConnection: close\n\n`;
}

const ANSWERS: Readonly<Record<string, string>> = {
  'bare-LF': 'HTTP/1.1 200 OK\nContent-Length: 5\nX-A: b\nConnection: close\n\nhello',
  old: 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello',
  'until-close': 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello',
  'old-until-close': 'HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nhello',
  extra: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello and more',
  'zero-and-more': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\nmore',
  '304-with-a-length': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "a"\r\nConnection: close\r\n\r\n',
  '204-with-a-body': 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\nhello',
  chunks:
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n',
  'chunks-and-trailers':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-T: a\r\n\r\n',
  'keep-alive-fields':
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=5\r\nConnection: close\r\n\r\nhello',
  'no-reason': 'HTTP/1.1 299 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  'long-reason': 'HTTP/1.1 200 A reason of its own\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  both: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
  'bad-length': 'HTTP/1.1 200 OK\r\nContent-Length: five\r\nConnection: close\r\n\r\nhello',
  'unknown-coding': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n\r\nhello',
  'two-lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello',
  'old-chunks': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  nothing: '',
  'half-a-head': 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-',
  'a-folded-line': 'HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nConnection: close\r\n\r\nhello',
  'a-line-without-a-colon': 'HTTP/1.1 200 OK\r\nwhat is this\r\nConnection: close\r\n\r\nhello',
  'a-space-in-a-name': 'HTTP/1.1 200 OK\r\nX A: b\r\nConnection: close\r\n\r\nhello',
};

function answer({ head }: SeenRequest): string {
  const [, method = '', path = '', query = ''] = /^(\S+) ([^ ?]*)\??(\S*)/.exec(head) ?? [];
  const named = ANSWERS[path.replace(/^\/(?:answer|logged)\//, '')];
  // A Server field of a peer has the same length in both.
  if (named !== undefined) return path.startsWith('/logged/') ? named.replace('\r\n', '\r\nServer: a\r\n') : named;
  if (path === '/next/invalid') return ANSWERS['a-line-without-a-colon'] ?? '';
  const at = (url: string): string => url.replace('BACKEND', /^host: (\S+)/im.exec(head)?.[1] ?? '');
  if (path.endsWith('/fields')) {
    return ok(
      'x',
      'Server: backend\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-Pad: p\r\nX-Accel-Expires: 5\r\nX-One: 1\r\nX-Two: 2\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n',
    );
  }
  if (path.endsWith('/location')) return `HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ${at(query)}\r\n\r\n`;
  if (path.endsWith('/refresh')) return ok('', `Refresh: 5; url=${at(query)}\r\n`);
  return ok(method === 'HEAD' ? '' : `${method} ${path}`, 'Server: a\r\n');
}

/** Peers in PORT1 answer with the status that the path ends in, those in PORT2 with 200; nothing listens on PORT3. */
const CONF = `events {}
http {
  log_format count '$uri $status $bytes_sent $body_bytes_sent $request_length $upstream_status '
    '$upstream_bytes_sent $upstream_bytes_received $upstream_response_length $upstream_addr $upstream_response_time';
  access_log off;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  upstream backend { server BACKEND; }
  upstream failing { server 127.0.0.1:PORT1 max_fails=0; server 127.0.0.1:PORT2 max_fails=0 weight=1; }
  upstream refusing { server 127.0.0.1:PORT3 max_fails=0; server 127.0.0.1:PORT2 max_fails=0; }
  upstream all { server 127.0.0.1:PORT1 max_fails=0; server 127.0.0.1:PORT1 max_fails=0; }
  upstream three { server 127.0.0.1:PORT1 max_fails=0; server 127.0.0.1:PORT1 max_fails=0; server 127.0.0.1:PORT2 max_fails=0; }
  upstream spare { server 127.0.0.1:PORT3; server 127.0.0.1:PORT3; server 127.0.0.1:PORT2 backup; }
  upstream garbled { server BACKEND; server 127.0.0.1:PORT2; }
  upstream half { server 127.0.0.1:PORT3; server BACKEND; }
  upstream refusing-post { server 127.0.0.1:PORT3 max_fails=0; server 127.0.0.1:PORT2 max_fails=0; }
  upstream none { server 127.0.0.1:PORT3; server 127.0.0.1:PORT3; }
  ${[1, 2].map((i) => `upstream again${i} { server 127.0.0.1:PORT1; server 127.0.0.1:PORT2; }`).join('\n  ')}
  ${Array.from({ length: 14 }, (_, i) => `upstream own${i} { server 127.0.0.1:PORT1 max_fails=0; server 127.0.0.1:PORT2 max_fails=0; }`).join('\n  ')}
  server {
    listen 127.0.0.1:PORT1;
    location / { return 200 first; }
    location ~ /(?:500|all|tries|other|late|500-again|idem)$ { return 500 500; }
    location ~ /(?:404|404-again)$ { return 404 404; }
    location ~ /403$ { return 403 403; }
    location ~ /429$ { return 429 429; }
    location ~ /503$ { return 503 503; }
    location ~ /(?:closed|off)$ { return 444; }
  }
  server { listen 127.0.0.1:PORT2; location / { return 200 second; } }
  server {
    listen 127.0.0.1:PORT0;
    server_name main.test;
    add_header X-Tries $upstream_status always;
    location /next/ { proxy_pass http://own0; }
    location /next/500 { proxy_pass http://own1; proxy_next_upstream http_500; }
    location /next/404 { proxy_pass http://own2; proxy_next_upstream http_404; }
    location /next/403 { proxy_pass http://own3; proxy_next_upstream http_403; }
    location /next/429 { proxy_pass http://own4; proxy_next_upstream http_429; }
    location /next/503 { proxy_pass http://own5; proxy_next_upstream http_502 http_503; }
    location /next/refused { proxy_pass http://refusing; }
    location /next/closed { proxy_pass http://own6; proxy_next_upstream error; }
    location /next/invalid { proxy_pass http://garbled; proxy_next_upstream invalid_header; }
    location /next/off { proxy_pass http://own8; proxy_next_upstream off; }
    location /next/other { proxy_pass http://own9; proxy_next_upstream http_503; }
    location /next/all { proxy_pass http://all; proxy_next_upstream http_500; }
    location /next/tries { proxy_pass http://three; proxy_next_upstream http_500; proxy_next_upstream_tries 2; }
    location /next/late { proxy_pass http://own10; proxy_next_upstream http_500; proxy_next_upstream_tries 1; }
    location /next/backup { proxy_pass http://spare; }
    location /next/404-again { proxy_pass http://again1; proxy_next_upstream http_404; }
    location /next/500-again { proxy_pass http://again2; proxy_next_upstream http_500; }
    location /next/none { add_header X-Addr $upstream_addr always; proxy_pass http://none; }
    location /post/500 { proxy_pass http://own11; proxy_next_upstream error http_500; }
    location /post/closed { proxy_pass http://own12; }
    location /post/refused { proxy_pass http://refusing-post; }
    location /post/idem { proxy_pass http://own13; proxy_next_upstream http_500 non_idempotent; }
    location /plain/ { proxy_pass http://BACKEND; }
    location /hide/ { proxy_hide_header X-One; proxy_hide_header set-cookie; proxy_pass http://BACKEND; }
    location /pass/ { proxy_pass_header Server; proxy_pass_header date; proxy_pass_header X-Pad; proxy_pass http://BACKEND; }
    location /uri/ { proxy_pass http://BACKEND/base/; }
    location /off/ { proxy_redirect off; proxy_pass http://BACKEND; }
    location /default/ { proxy_pass http://BACKEND/base/; proxy_redirect default; proxy_redirect http://x/ /y/; }
    location /redirect/ {
      proxy_pass http://BACKEND;
      proxy_redirect http://a.test/ http://$host/a/;
      proxy_redirect ~^http://b.test/(\\d)/(.*)$ /b/$2/$1;
      proxy_redirect ~*^http://c.test/ /c;
    }
    location /method { proxy_method PUT; proxy_pass http://BACKEND; }
    location /method-of { proxy_method $arg_m; proxy_pass http://BACKEND; }
    location /get { proxy_method GET; proxy_pass http://BACKEND; }
    location /old { proxy_http_version 1.0; proxy_pass http://BACKEND; proxy_set_header X-A b; }
    location /old-own { proxy_http_version 1.0; proxy_pass http://BACKEND; proxy_set_header Connection own; }
    location /to/ { proxy_pass http://$arg_a; }
    location /to-uri/ { proxy_pass http://$arg_a/other?x=$uri; }
    location /to-any/ { proxy_pass $arg_a; }
    location /bind { proxy_bind 127.0.0.2; proxy_pass http://127.0.0.1:PORT0/source; proxy_set_header Host $proxy_host; }
    location /bind-of { proxy_bind $arg_a; proxy_pass http://127.0.0.1:PORT0/source; }
    location /source { return 200 $remote_addr; }
    location /host { add_header X-Host "$proxy_host $proxy_port"; proxy_pass http://BACKEND; }
    location /on { proxy_pass http://BACKEND; }
    location /off { proxy_request_buffering off; proxy_pass http://BACKEND; }
    location /answer/ { proxy_pass http://BACKEND; }
    location /logged/ { proxy_pass_header Server; access_log logs/count.log count; proxy_pass http://BACKEND; }
    location /logged-next { proxy_pass_header Server; access_log logs/count.log count; proxy_pass http://half; }
  }
}
`;
