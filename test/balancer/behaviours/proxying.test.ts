import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ok } from './backend.js';
import { get, NO_NGINX, Pair } from './pair.js';

const CONF = `events {}
http { access_log off; default_type text/plain; proxy_http_version 1.1; proxy_set_header Connection "";
  upstream u { server BACKEND; }
  server { listen 127.0.0.1:PORT0;
    location / { proxy_pass http://BACKEND; }
    location /slash/ { proxy_pass http://BACKEND/; }
    location /noslash { proxy_pass http://BACKEND/; }
    location /uri/ { proxy_pass http://BACKEND/new/; }
    location /glued/ { proxy_pass http://BACKEND/new; }
    location /query/ { proxy_pass http://BACKEND/new?a=b; }
    location /escaped/ { proxy_pass "http://BACKEND/a%20b/c d/"; }
    location = /exact { proxy_pass http://BACKEND/other; }
    location ~ ^/re/(.*)$ { proxy_pass http://BACKEND; }
    location /up/ { proxy_pass http://u; }
    location /upuri/ { proxy_pass http://u/x/; }
    location /capitals/ { proxy_pass HTTP://u/x/; }
    location /usual/ { proxy_pass http://BACKEND; proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Connection ""; }
    location /http-host/ { proxy_pass http://u; proxy_set_header Host $http_host; proxy_set_header Connection "close"; }
    location /host-port/ { proxy_pass http://u; proxy_set_header Host $host:$server_port; proxy_set_header Accept-Encoding "";
      proxy_set_header User-Agent fixed; proxy_set_header Connection ""; }
    location /literal/ { proxy_pass http://u; proxy_set_header Host literal; proxy_set_header X-A 1; proxy_set_header X-A 2;
      proxy_set_header x-b "$http_x_b+"; proxy_set_header X-C $http_nothing; proxy_set_header Cookie "";
      proxy_set_header Connection ""; proxy_set_header X-Sp "a  b"; }
    location /no-host/ { proxy_pass http://u; proxy_set_header Host ""; proxy_set_header Connection ""; }
    location /proxy-host/ { proxy_pass http://u; proxy_set_header X-PH "$proxy_host|$host|$http_host"; proxy_set_header Connection ""; }
  }
}`;

/** The rest of the target behind the location's path. */
const TAILS = [
  '',
  'x',
  'x?y=z',
  '?',
  '?a',
  'a%20b',
  'a%2fb',
  'a//b',
  'a/../b',
  'a/./b',
  'a%3fb',
  'a%23b',
  'a%25b',
  '%61',
  'a+b',

  'a;b=c',
  "a'b",
  'a"b',
  'a%00',
  'caf%c3%a9',
  'a%7Eb',
  'a&b',
  'a=b',
  'a:b@c',
  'a|b',
  'a^b',
  'a`b',
  'a<b>',
  'a{b}',
  'a\\b',
  'a%5cb',
  'a%',
  '..',
  '../x',
  '%2e%2e/x',
  '.',
  'a/..',
  '*',
  'a%0ab',
  'a%0d%0ab',
  'a%09b',
  'a,b',
  'a$b',
  'a!b',
  '(a)',
  '[a]',
  'a%22b',
  'a%3Cb%3E',
  'a%7Cb',
  '%C3%A9?%C3%A9',
];

/**
 * The fields without those that nginx passes on against RFC 9110 7.6.1 (`Trailer`, `Proxy-Connection`, those that
 * `Connection` names).
 */
const FIELDS =
  'X-Forwarded-For: 1.2.3.4\nX-Real-IP: 9.9.9.9\nAccept-Encoding: gzip, deflate\nUser-Agent: ua\nCookie: a=b\nCookie: c=d\n' +
  'X-B: b\nX-Dup: 1\nX-Dup: 2\nTE: trailers\nKeep-Alive: 300\nX-Empty:\nX-Sp:   a  b  \nExpect-CT: x\n' +
  'Proxy-Authorization: Basic x\nAuthorization: Basic eA==\n';

describe.skipIf(NO_NGINX)('peers receive what nginx would send (apt-get install nginx)', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.start(CONF, ({ head }) =>
      head.startsWith('HEAD') ? 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n' : ok('ok'),
    );
  });

  afterAll(() => pair.stop());

  it.each(['/', '/slash/', '/noslash', '/uri/', '/glued/', '/re/', '/upuri/'])(
    'everything behind the path arrives as nginx sends it: %s',
    async (path) => {
      for (const tail of TAILS) await pair.sameProxied(get(path + tail));
    },
  );

  it('a URI of proxy_pass replaces the path of the location', async () => {
    const paths = [
      '/query/x',
      '/query/x?y',
      '/query/',
      '/escaped/x',
      '/escaped/x%20y',
      '/exact',
      '/exact?x',
      '/capitals/x',
    ];
    for (const path of [...paths, '/up/a%20b', '/up/a/../b', '/noslash/x', '/noslash/x%20y']) {
      await pair.sameProxied(get(path));
    }
  });

  it.each(['/', '/slash/', '/usual/', '/http-host/', '/host-port/', '/literal/', '/no-host/', '/proxy-host/'])(
    'proxy_set_header replaces, adds and removes fields: %s',
    async (path) => {
      await pair.sameProxied(get(path, 'Host.Test:8080', FIELDS));
      await pair.sameProxied(get(path));
      await pair.sameProxied(`GET ${path} HTTP/1.0\n\n`);
      await pair.sameProxied(`GET http://abs.test:81${path}?q HTTP/1.1\nHost: a\nConnection: close\n\n`);
    },
  );

  it('bodies arrive whole', async () => {
    const large = 'x'.repeat(100_000);
    for (const path of ['/', '/usual/']) {
      for (const body of ['', 'abc', large]) {
        await pair.sameProxied(
          `POST ${path} HTTP/1.1\nHost: a\nContent-Length: ${body.length}\nConnection: close\n\n${body}`,
        );
      }
      await pair.sameProxied(`POST ${path} HTTP/1.1\nHost: a\nConnection: close\n\n`);
      await pair.sameProxied(
        `POST ${path} HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nConnection: close\n\n3\nabc\n2;x=y\nde\n0\nT: t\n\n`,
      );
    }
  });

  it.each(['HEAD', 'PUT', 'PATCH', 'OPTIONS', 'DELETE', 'PROPFIND', 'FOO', 'LOCK'])(
    '%s is passed on',
    async (method) => {
      const answer = await pair.sameProxied(`${method} /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer.split('\n', 1)).toEqual(['HTTP/1.1 200 OK']);
    },
  );
});
