import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, NO_NGINX, Pair } from './pair.js';

const CONF = `events {}
http { access_log off; default_type text/plain; proxy_http_version 1.1; proxy_set_header Connection "";
  server { listen 127.0.0.1:PORT0; server_name name.test;
    location / { return 200 "root $uri"; }
    location = / { return 200 "exactly the root"; }
    location /a { return 200 "a $uri"; }
    location /a/ { return 200 "a/ $uri"; }
    location /a/b { return 200 "a/b"; }
    location = /a/exact { return 200 "exact"; }
    location ^~ /img/ { return 200 "images"; }
    location /imgx/ { return 200 "other images"; }
    location ~ \\.(png|gif)$ { return 200 "expression $1 $uri"; }
    location ~* \\.(jpg)$ { return 200 "expression without case $1"; }
    location ~ ^/cap/(\\w+)/(?<named>\\d+)$ { add_header X-Cap "$1-$2-$named-$3"; return 200 "$1 $2 $named [$3]"; }
    location ~ ^/case/[A-Z]+$ { return 200 "case"; }
    location ~* ^/nocase/[a-z]+$ { return 200 "no case"; }
    location ~ "^/quant/[0-9]{2,3}$" { return 200 "quantified"; }
    location "/with space" { return 200 "space $uri $request_uri"; }
    location /pct%20lit { return 200 "literal"; }
    location ~ ^/(?<lang>en|de)/ { return 200 "language $lang"; }
    location ~ first$ { return 200 "first"; }
    location ~ first|second { return 200 "second"; }
    location = /dir/ { return 200 "directory"; }
    location /p/ { proxy_pass http://BACKEND/; add_header X-P p always; }
    location /plain/ { proxy_pass http://BACKEND; }
    location = /exactly/ { proxy_pass http://BACKEND; }
    location /both/ { proxy_pass http://BACKEND; }
    location = /both { return 200 "own"; }
    location ~ ^/re/ { proxy_pass http://BACKEND; }
    location ^~ /final/ { proxy_pass http://BACKEND; }
    location /ret/ { return 200 r; }
  }
  server { listen 127.0.0.1:PORT1; location /p/ { proxy_pass http://BACKEND/; } location ~ p { return 200 expression; } }
  server { listen 127.0.0.1:PORT2; location ~ ^/(.*)$ { return 200 "m $1"; } }
}`;

const CASES: readonly { readonly fact: string; readonly paths: readonly string[]; readonly port?: number }[] = [
  {
    fact: 'an exact location takes precedence over all others',
    paths: ['/', '/a/exact', '/a/exact?x', '/dir/', '/a/exact/'],
  },
  {
    fact: 'the longest prefix is chosen',
    paths: ['/a', '/ab', '/a/', '/a/b', '/a/bc', '/A', '/imgx/x', '/ret', '/ret/', '/dir'],
  },
  {
    fact: 'an expression takes precedence over a prefix, but not over ^~',
    paths: ['/img/x.png', '/imgx/x.png', '/x.gif?y'],
  },
  { fact: 'expressions are tried in order', paths: ['/xfirst', '/firstx', '/asecond', '/first/x.png'] },
  { fact: '~* ignores case, ~ does not', paths: ['/x.JPG', '/imgx/x.PNG', '/case/ABC', '/case/abc', '/nocase/ABC'] },
  {
    fact: 'groups of an expression are $1 and named variables',
    paths: ['/cap/foo/12', '/cap/foo/1x', '/quant/12', '/quant/1', '/en/x', '/fr/x'],
  },
  {
    fact: 'paths are compared decoded',
    paths: ['/with%20space', '/with%20spacex?a%20b', '/pct%20lit', '/pct%2520lit', '/%61/b'],
  },
  {
    fact: 'slashes and dots are resolved',
    paths: ['//a//b', '/a/../x', '/a/./b', '/a/..', '/a/.', '/a/%2e%2e/x', '/a%2fb'],
  },
  { fact: 'a path above the root is refused', paths: ['/..', '/a/../../x', '/x%00', '/x%', '/x%zz'] },
  {
    fact: 'unusual characters are accepted',
    paths: ['/?', '/a?', '/a%3fb', '/%ff', '/caf%c3%a9', '/a;b', '/a+b', '/a|b', "/a'b"],
  },
  {
    fact: 'a proxied location without its slash is redirected to the one with it',
    paths: ['/p', '/p?x=1', '/plain', '/exactly', '/final?a=b&c', '//p', '/p?'],
  },
  { fact: 'the redirect to the slash takes precedence over expressions', paths: ['/p', '/pp'], port: 1 },
  { fact: 'no slash is added when another location has that path', paths: ['/both', '/re', '/ret'] },
  {
    fact: 'proxied locations get their requests',
    paths: ['/p/', '/p/x?y', '/plain/x', '/exactly/', '/both/', '/re/x', '/final/x'],
  },
  { fact: 'an expression may match the whole path', paths: ['/', '/x', '/y?z', '/a/b', '//x'], port: 2 },
];

describe.skipIf(NO_NGINX)('locations are chosen as nginx chooses them (apt-get install nginx)', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.start(CONF);
  });

  afterAll(() => pair.stop());

  it.each(CASES)('$fact', async ({ paths, port = 0 }) => {
    for (const path of paths) await pair.sameProxied(get(path), port);
  });

  it('an absolute request target is routed by its path', async () => {
    for (const target of ['http://name.test/a/b', 'http://name.test', 'http://name.test?x', 'HTTP://name.test:9/a']) {
      await pair.same(`GET ${target} HTTP/1.1\nHost: other\nConnection: close\n\n`);
    }
  });

  it('every method is redirected to the path with a slash', async () => {
    for (const method of ['POST', 'PUT', 'OPTIONS', 'DELETE', 'FOO']) {
      expect(await pair.same(`${method} /p HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toContain(
        'Location: http://x:PORT0/p/',
      );
    }
  });
});
