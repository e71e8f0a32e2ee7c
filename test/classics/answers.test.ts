import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { isMissing, Recipe, RUNNERS } from './recipe.js';

describe.each(RUNNERS)('responses of the balancer itself, run by %s', (runner) => {
  describe.skipIf(isMissing(runner))('apt-get install nginx', () => {
    let recipe: Recipe;
    let port = 0;

    beforeAll(async () => {
      port = await freePort();
      recipe = await Recipe.start(runner, conf(port), port);
    }, 20_000);

    afterAll(() => recipe.stop());

    it('a path in a redirect gets scheme, host and port', async () => {
      const { status, fields, body } = await ask(port, 'GET /moved HTTP/1.1');
      expect(status).toBe(301);
      expect(fields.get('location')).toBe(`http://name.test:${port}/new?a=1`);
      expect(fields.get('content-type')).toBe('text/html');
      expect(body).toContain('<title>301 Moved Permanently</title>');
    });

    it('a URL in a redirect stays unchanged', async () => {
      const { status, fields } = await ask(port, 'GET /away HTTP/1.1');
      expect(status).toBe(302);
      expect(fields.get('location')).toBe('https://other.test/moved');
    });

    it.each([
      [204, undefined, false],
      [304, '0', true],
    ])('a %s has no body', async (code, length, hasType) => {
      const { status, fields, body } = await ask(port, `GET /${code} HTTP/1.1`);
      expect(status).toBe(code);
      expect(fields.get('content-length')).toBe(length);
      expect(fields.has('content-type')).toBe(hasType);
      expect(body).toBe('');
    });

    it('a 200 without text has an empty body', async () => {
      const { status, fields, body } = await ask(port, 'GET /empty HTTP/1.1');
      expect([status, fields.get('content-length'), body]).toEqual([200, '0', '']);
    });

    it('a text is sent with default_type, and to HEAD without the text', async () => {
      const got = await ask(port, 'GET /text HTTP/1.1');
      expect([got.status, got.fields.get('content-type'), got.body]).toEqual([200, 'text/x-own', 'text of /text']);
      const head = await ask(port, 'HEAD /text HTTP/1.1');
      expect([head.status, head.fields.get('content-length'), head.body]).toEqual([200, '13', '']);
    });

    it('a text is sent byte for byte as in the file', async () => {
      const { fields, body } = await ask(port, 'GET /utf8 HTTP/1.1');
      expect([fields.get('content-length'), Buffer.from(body, 'latin1').toString('utf8')]).toEqual(['7', 'grüße']);
    });

    it('444 closes without a response', async () => {
      expect((await ask(port, 'GET /444 HTTP/1.1')).raw).toBe('');
    });

    it('an error page has Server, Date and its title', async () => {
      const { status, fields, body } = await ask(port, 'GET /404 HTTP/1.1');
      expect(status).toBe(404);
      expect(fields.get('server')).toMatch(runner === 'nginx' ? /^nginx/ : /^pinwheel$/);
      expect(Date.parse(fields.get('date') ?? '')).toBeGreaterThan(0);
      expect(fields.get('content-type')).toBe('text/html');
      expect(body).toContain('<title>404 Not Found</title>');
    });

    it('add_header is on usual statuses, with "always" on all, and never with an empty value', async () => {
      const text = (await ask(port, 'GET /text HTTP/1.1')).fields;
      expect([text.get('x-usual'), text.get('x-always'), text.has('x-empty')]).toEqual(['/text', 'yes', false]);
      const page = (await ask(port, 'GET /404 HTTP/1.1')).fields;
      expect([page.has('x-usual'), page.get('x-always')]).toEqual([false, 'yes']);
    });

    it('add_header of a location replaces those above it', async () => {
      const { fields } = await ask(port, 'GET /own HTTP/1.1');
      expect([fields.get('x-own'), fields.has('x-always')]).toEqual(['1', false]);
    });

    it('add_header is on proxied responses and on the page for an unreachable upstream', async () => {
      const proxied = await ask(port, 'GET /proxied/text HTTP/1.1');
      expect([proxied.body, proxied.fields.get('x-hop')]).toEqual(['text of /text', 'outer 200']);
      const gone = await ask(port, 'GET /gone/ HTTP/1.1');
      expect([gone.status, gone.fields.has('x-usual'), gone.fields.get('x-always')]).toEqual([502, false, 'yes']);
    });
  });
});

function conf(port: number): string {
  return `events {}
http {
  access_log off;
  default_type text/x-own;
  server {
    listen 127.0.0.1:${port};
    server_name name.test;
    add_header X-Usual $uri;
    add_header X-Always yes always;
    add_header X-Empty $arg_nothing;
    location = /moved { return 301 /new?a=1; }
    location = /away { return 302 https://other.test/moved; }
    location = /204 { return 204; }
    location = /304 { return 304; }
    location = /404 { return 404; }
    location = /444 { return 444; }
    location = /utf8 { return 200 "grüße"; }
    location = /empty { return 200; }
    location = /text { return 200 "text of $uri"; }
    location = /own { add_header X-Own 1; return 200 x; }
    location /proxied/ { add_header X-Hop "outer $status"; proxy_pass http://127.0.0.1:${port}/; }
    location /gone/ { proxy_pass http://127.0.0.1:1; }
  }
}
`;
}

/** Sends one request on a new connection. */
async function ask(port: number, line: string) {
  const socket = connect(port, '127.0.0.1');
  let raw = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    raw += text;
  });
  socket.write(`${line}\r\nHost: name.test\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  const [head = '', body = ''] = raw.split('\r\n\r\n', 2);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const fields = new Map(
    lines.map((one): [string, string] => {
      const colon = one.indexOf(':');
      return [one.slice(0, colon).toLowerCase(), one.slice(colon + 1).trim()];
    }),
  );
  return { raw, status: Number(statusLine.split(' ')[1]), fields, body };
}
