import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_NGINX, Pair } from './pair.js';

const CONF = `events {}
http { default_type text/plain; proxy_http_version 1.1; proxy_set_header Connection ""; client_max_body_size 10k;
  log_format body '$status [$request_body] $uri'; access_log logs/body.log body;
  server { listen 127.0.0.1:PORT0; error_page 400 413 /peer/page; error_page 502 /peer/page;
    add_header X-Body "$request_body" always; client_body_buffer_size 2k;
    location /peer/ { proxy_pass http://BACKEND; }
    location /stream/ { proxy_pass http://BACKEND; proxy_request_buffering off; }
    location /file/ { proxy_pass http://BACKEND; }
    location /own { return 200 "own:$request_body:"; }
    location /small/ { client_max_body_size 1; proxy_pass http://BACKEND; }
    location /gone/ { proxy_pass http://127.0.0.1:1; }
  }
}`;

const chunked = (...chunks: readonly string[]): string =>
  `Transfer-Encoding: chunked\n\n${chunks.map((one) => `${one.length.toString(16)}\r\n${one}\r\n`).join('')}0\r\n\r\n`;
const sized = (body: string): string => `Content-Length: ${body.length}\n\n${body}`;
const post = (path: string, body: string): string => `POST ${path} HTTP/1.1\nHost: a\nConnection: close\n${body}`;

describe.skipIf(NO_NGINX)('bodies of requests are logged and dropped as by nginx (apt-get install nginx)', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.start(CONF);
  });

  afterAll(() => pair.stop());

  it.each([
    ['of a length', '/peer/x', sized('0123456789'), 'X-Body: 0123456789\n'],
    ['in chunks', '/peer/x', chunked('01234', '56789'), 'X-Body: 0123456789\n'],
    ['passed on as it comes', '/stream/x', sized('0123456789'), 'X-Body: 0123456789\n'],
    ['for the page of an error', '/gone/x', sized('0123456789'), 'X-Body: 0123456789\n'],
  ])('a body %s is in $request_body', async (_, path, body, expected) => {
    expect(await pair.sameProxied(post(path, body))).toContain(expected);
  });

  it('a body that is not read is not in $request_body', async () => {
    expect(await pair.same(post('/own', sized('0123456789')))).toContain('own::');
  });

  it.each([sized('0123456789'.repeat(512)), chunked('0123456789'.repeat(512))])(
    '$request_body does not show a body longer than client_body_buffer_size',
    async (body) => {
      const { ours } = pair;
      expect(await ours.exchange(post('/file/x', body))).not.toContain('X-Body');
      ours.backend.take();
    },
  );

  it('a broken body that arrives with the head is refused, also where the response does not need it', async () => {
    const raw = post('/own', 'Transfer-Encoding: chunked\n\n4\r\n01234567\r\n0\r\n\r\n');
    expect(await pair.ours.exchange(raw)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await pair.theirs.exchange(raw)).toMatch(/^HTTP\/1\.1 400 /);
    pair.ours.backend.take();
    pair.theirs.backend.take();
  });

  // nginx 1.22 passes on lengths of bodies that do not follow; later versions do not, and neither do we.
  it.each([sized('0123456789'), chunked('0123456789'), chunked('0', '123456789'), 'Content-Length: 9999\n\n0'])(
    'the page for 413 is requested without the body that was too large',
    async (body) => {
      const { ours } = pair;
      for (let i = 0; i < 2; i++) {
        expect(await ours.exchange(post('/small/x', body))).toMatch(/^HTTP\/1\.1 413 [^]*\r\nok$/);
        expect(ours.backend.take()).toMatchObject([
          { head: expect.not.stringMatching(/content-length|chunked/i), body: '' },
        ]);
      }
    },
  );

  it('a chunked body over the limit is refused, also where the response does not need it', async () => {
    expect(await pair.ours.exchange(post('/own', chunked('0'.repeat(8_000), '0'.repeat(4_000))))).toMatch(
      /^HTTP\/1\.1 413 /,
    );
    pair.ours.backend.take();
  });
});
