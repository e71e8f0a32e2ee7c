import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, NO_NGINX, Pair } from './pair.js';

/** Statuses for which nginx has a text or page, and some for which it has none. */
const STATUSES: readonly number[] = `
  200 201 202 203 204 205 206 207 226 300 301 302 303 304 305 306 307 308 400 401
  402 403 404 405 406 407 408 409 410 411 412 413 414 415 416 417 418 421 422 425
  426 428 429 430 431 444 451 494 495 496 497 499 500 501 502 503 504 505 506 507
  508 511 599 600 999
`
  .trim()
  .split(/\s+/)
  .map(Number);

const CONF = `events {}
http { access_log off; default_type text/x-own;
  server { listen 127.0.0.1:PORT0; server_name name.test;
    ${STATUSES.map((one) => `location = /bare/${one} { return ${one}; }`).join('\n')}
    ${STATUSES.map((one) => `location = /text/${one} { return ${one} "text $uri"; }`).join('\n')}
    ${STATUSES.map((one) => `location = /empty/${one} { return ${one} ""; }`).join('\n')}
    location = /variable { return 404 $arg_nothing; }
    location = /url { return http://other.test/$uri; }
    location = /urls { return https://other.test$request_uri; }
    location = /scheme { return $scheme://x.test/a; }
    location = /path { return 301 /a/b?c=d; }
    location = /path-of-variables { return 302 $uri/x; }
    location = /relative { return 303 foo/bar; }
    location = /args { return 307 /x$is_args$args; }
    location = /lines { return 200 "a\\nb\\tc"; }
    location = /quotes { return 200 'single "double" \\'one\\' $http_x'; }
    location = /braces { return 200 "\${uri}abc$arg_a.$arg_b"; }
    location = /no-type { default_type ""; return 200 x; }
    location = /own-type { default_type application/json; return 200 "{}"; }
    location = /a.html { return 200 x; }
    location = /a.JPG { return 404 "not"; }
    location /types/ { types { text/foo foo; } return 200 x; }
  }
  server { listen 127.0.0.1:PORT1; return 200 "server $uri"; location /x { return 201 x; } }
}`;

describe.skipIf(NO_NGINX)('responses of the balancer itself equal nginx’s (apt-get install nginx)', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.start(CONF);
  });

  afterAll(() => pair.stop());

  it.each(['bare', 'text', 'empty'])('every status has its text, page and fields: %s', async (kind) => {
    for (const status of STATUSES) await pair.same(get(`/${kind}/${status}`));
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'MKCOL', 'FOO', 'FOO_BAR', 'M-SEARCH'])(
    '%s is answered as GET is',
    async (method) => {
      for (const path of ['/text/200', '/bare/204', '/path', '/bare/404', '/text/500']) {
        await pair.same(`${method} ${path} HTTP/1.1\nHost: a\nConnection: close\n\n`);
      }
    },
  );

  it('HEAD gets the head only', async () => {
    for (const path of ['/text/200', '/bare/204', '/text/304', '/text/404', '/empty/200']) {
      expect(await pair.same(`HEAD ${path} HTTP/1.1\nHost: a\nConnection: close\n\n`)).toMatch(/\n\n$/);
    }
    // The page contains the product's name, so only its form can be compared.
    const { ours } = await pair.both('HEAD /bare/404 HTTP/1.1\nHost: a\nConnection: close\n\n');
    expect(ours.answer).toEqual([
      'HTTP/1.1 404 Not Found',
      'Server: it',
      'Date: now',
      'Content-Type: text/html',
      'Content-Length: 149',
      'Connection: close',
      '',
      '',
    ]);
  });

  it.each(['a', 'name.test:99', 'UPPER.test.', '1.2.3.4:8080', '[::1]:80'])(
    'a redirect contains the host of the request, %s',
    async (host) => {
      for (const path of ['/path', '/path-of-variables', '/relative', '/url', '/urls?a=b', '/scheme', '/args?x=1']) {
        expect(await pair.same(get(path, host))).toContain('\nLocation: ');
      }
    },
  );

  it('without Host a redirect contains the address of the listener', async () => {
    expect(await pair.same('GET /path HTTP/1.0\n\n')).toContain('\nLocation: http://127.0.0.1:PORT0/a/b?c=d\n');
    await pair.same('GET http://abs.test/path HTTP/1.0\n\n');
  });

  it('texts may contain variables, quotes and escapes', async () => {
    for (const path of ['/args', '/args?', '/lines', '/quotes', '/braces?a=1&b=2', '/variable']) {
      await pair.same(get(path, 'a', 'X: value\n'));
    }
  });

  it("the type is that of the path's extension, else the default", async () => {
    for (const path of ['/no-type', '/own-type', '/a.html', '/a.JPG', '/types/a.foo', '/types/a.html', '/types/foo']) {
      await pair.same(get(path));
    }
  });

  it('"return" of a server precedes its locations', async () => {
    for (const path of ['/', '/x', '/y?z']) expect(await pair.same(get(path), 1)).toContain('\nserver /');
  });

  it('the connection stays open after most errors, and closes after those that leave the position in the stream unknown', async () => {
    const next = get('/text/200');
    for (const status of [404, 403, 405, 408, 421, 429, 494, 502, 503, 505, 301, 204, 304]) {
      const answer = await pair.same(`GET /bare/${status} HTTP/1.1\nHost: a\n\n${next}`);
      expect([status, answer.includes('text /text/200')]).toEqual([status, status !== 408]);
    }
    for (const status of [400, 413, 414, 495, 496, 497, 500, 501]) {
      const answer = await pair.same(`GET /bare/${status} HTTP/1.1\nHost: a\n\n${next}`);
      expect([status, answer.includes('text /text/200')]).toEqual([status, false]);
    }
    await pair.same(`GET /text/500 HTTP/1.1\nHost: a\n\n${next}`);
  });

  it('bytes that cannot be a request are refused before the line ends', async () => {
    expect(await pair.same('\x16\x03\x01')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('an unexpected body is dropped, and the connection stays open', async () => {
    const next = get('/text/200');
    for (const path of ['/text/200', '/bare/404', '/path', '/bare/204']) {
      await pair.same(`POST ${path} HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc${next}`);
      await pair.same(`POST ${path} HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3\nabc\n0\n\n${next}`);
      await pair.same(`POST ${path} HTTP/1.1\nHost: a\nContent-Length: 3\nExpect: 100-continue\n\nabc${next}`);
    }
  });
});
