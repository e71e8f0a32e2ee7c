import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import { isMissing, Recipe, RUNNERS } from '../classics/recipe.js';

/** The response to a request: status, `Location` if there is one, body if it is plain text. */
type Answer = readonly [request: string, status: number, text: string];

const LOCATIONS: readonly Answer[] = [
  ['GET /', 200, 'root'],
  ['GET /outer/x', 200, 'outer'],
  ['GET /outer/inner/x', 200, 'inner'],
  ['GET /outer/inner/deep', 200, 'deep'],
  ['GET /outer/x.php', 200, 'outer php'],
  ['GET /outer/inner/x.php', 200, 'outer php'],
  ['GET /x.php', 200, 'php'],
  ['GET /final/x.php', 200, 'final'],
  ['GET /final/in/x.php', 200, 'final php'],
  ['GET /final/in/x', 200, 'final in'],
  ['GET /regex/a/x', 200, 'regex inner a'],
  ['GET /regex/b/x', 200, 'regex b'],
];

const SETS: readonly Answer[] = [
  ['GET /set/a', 200, 'server|location'],
  ['GET /set/late', 200, 'before'],
  ['GET /set/chain?x=1', 200, '1-1'],
  ['GET /set/other', 200, '[]'],
];

const ERRORS: readonly Answer[] = [
  ['GET /404', 404, 'page /pages/404 of /404? GET'],
  ['HEAD /404', 404, ''],
  ['POST /404', 404, 'page /pages/404 of /404? GET'],
  ['GET /teapot', 418, 'page /pages/a b of /teapot?q=1 GET'],
  ['GET /own', 203, 'own status'],
  ['GET /away', 302, 'http://other.test/away'],
  ['GET /away301', 301, 'http://other.test/away'],
  ['GET /text', 404, 'no page'],
  ['GET /named', 502, 'named /named GET'],
  ['POST /named', 502, 'named /named POST'],
  ['GET /again', 403, ''],
  ['GET /cycle', 500, ''],
  ['GET /nowhere', 500, ''],
  ['GET /dead', 504, 'dead peer'],
  ['GET /inherit/x', 404, 'page /pages/404 of /inherit/x? GET'],
  ['GET /inherit/own', 404, 'page /pages/own of /inherit/own? GET'],
  ['GET /set-in-page', 404, 'from page'],
  ['GET /with%00zero', 400, 'page /pages/400'],
];

describe.each(RUNNERS)('internal redirects and error pages, run by %s', (runner) => {
  describe.skipIf(isMissing(runner))('apt-get install nginx', () => {
    let recipe: Recipe;
    let port = 0;

    beforeAll(async () => {
      port = await freePort();
      recipe = await Recipe.start(runner, conf(port, await freePort()), port);
    }, 20_000);

    afterAll(() => recipe.stop());

    const same = async ([request, status, text]: Answer): Promise<void> => {
      const got = await ask(port, `${request} HTTP/1.1`);
      const { location } = got;
      const shown = location ?? (got.type.startsWith('text/plain') ? got.body : '');
      expect([got.status, shown]).toEqual([status, text]);
    };

    it.each(LOCATIONS)('%s reaches the best nested location', (...row) => same(row));
    it.each(SETS)('%s sees the variables that were set before', (...row) => same(row));
    it.each(ERRORS)('%s gets its error page', (...row) => same(row));

    it('an error page is requested with GET', async () => {
      const { body } = await ask(port, 'POST /404 HTTP/1.1', 'Content-Length: 3\r\n', 'abc');
      expect(body).toBe('page /pages/404 of /404? GET');
    });

    it('a named location keeps the method', async () => {
      const { body } = await ask(port, 'POST /named HTTP/1.1', 'Content-Length: 3\r\n', 'abc');
      expect(body).toBe('named /named POST');
    });

    it('an unread body neither closes the connection nor is parsed as a request', async () => {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
      });
      socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nGET /a');
      await until('the root answers', () => text.endsWith('root'));
      socket.write(' HTTP/1.1\r\n\r\n\r\n');
      socket.write('POST /outer/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
      await until('the outer location answers', () => text.endsWith('outer'));
      socket.write('0\r\n\r\nGET /x.php HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      await once(socket, 'close');
      expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(3);
      expect(text.endsWith('php')).toBe(true);
      await recipe.has('access.log', 'GET /x.php');
      expect(recipe.read('access.log')).toMatch(/"POST \/ HTTP\/1.1" 200 4\n"POST \/outer\/x HTTP\/1.1" 200 5\n/);
    });

    it('bytes that are not a request are logged and answered by the default server', async () => {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
      });
      socket.write('GET / HTTP/1.1\r\n\r\n');
      await once(socket, 'close');
      expect(text).toMatch(/^HTTP\/1.1 400 .*page \/pages\/400$/s);
      await recipe.has('access.log', '"GET / HTTP/1.1" 400 15');
    });
  });
});

function conf(port: number, dead: number): string {
  return `
    events { }
    http {
      log_format short '"$request" $status $body_bytes_sent';
      access_log access.log short;
      default_type text/plain;
      error_page 404 /pages/404;
      error_page 400 /pages/400;
      proxy_connect_timeout 2s;
      server {
        listen 127.0.0.1:${port};
        set $where server;

        location / { return 200 root; }
        location /outer/ {
          location /outer/inner/ {
            location = /outer/inner/deep { return 200 deep; }
            return 200 inner;
          }
          location ~ \\.php$ { return 200 "outer php"; }
          return 200 outer;
        }
        location ^~ /final/ {
          location /final/in/ {
            location ~ \\.php$ { return 200 "final php"; }
            return 200 "final in";
          }
          return 200 final;
        }
        location ~ ^/regex/(?<part>.) {
          location ~ ^/regex/a { return 200 "regex inner $part"; }
          return 200 "regex $part";
        }
        location ~ \\.php$ { return 200 php; }

        location /set/a { set $own location; return 200 "$where|$own"; }
        location /set/late { set $own before; return 200 $own; set $own after; }
        location /set/chain { set $first $arg_x; set $second "$first-$first"; return 200 $second; }
        location /set/other { return 200 "[$own]"; }

        location = /404 { return 404; }
        location = /teapot { error_page 410 =418 "/pages/a b?q=1"; return 410; }
        location = /own { error_page 410 = /pages/own-status; return 410; }
        location = /away { error_page 403 http://other.test/away; return 403; }
        location = /away301 { error_page 403 =301 http://other.test/away; return 403; }
        location = /text { return 404 "no page"; }
        location = /named { error_page 502 @named; return 502; }
        location = /again { error_page 403 404 /pages/forbidden; return 404; }
        location = /pages/forbidden { error_page 403 /pages/404; return 403; }
        location = /cycle { error_page 404 /cycle/1; return 404; }
        location /cycle/ { error_page 404 /cycle/1; return 500; }
        location = /nowhere { error_page 404 @missing; return 404; }
        location = /dead { error_page 502 =504 @dead; proxy_pass http://127.0.0.1:${dead}; }
        location = /set-in-page { error_page 404 /pages/set; return 404; }
        location = /pages/set { set $where page; return 200 "from $where"; }
        location /inherit/ {
          location = /inherit/own { error_page 404 /pages/own; return 404; }
          return 404;
        }
        location = /pages/400 { return 200 "page /pages/400"; }
        location = /pages/own-status { return 203 "own status"; }
        location /pages/ { return 200 "page $uri of $request_uri?$args $request_method"; }
        location @named { return 200 "named $uri $request_method"; }
        location @dead { return 200 "dead peer"; }
      }
    }
  `;
}

interface Got {
  readonly status: number;
  readonly type: string;
  readonly location: string | undefined;
  readonly body: string;
}

async function ask(port: number, line: string, fields = '', body = ''): Promise<Got> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${line}\r\nHost: a\r\nConnection: close\r\n${fields}\r\n${body}`);
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) text += chunk;
  const end = text.indexOf('\r\n\r\n');
  const head = text.slice(0, end);
  return {
    status: Number(head.split(' ')[1]),
    type: /^content-type: (.*)$/im.exec(head)?.[1] ?? '',
    location: /^location: (.*?)\r?$/im.exec(head)?.[1],
    body: text.slice(end + 4),
  };
}
