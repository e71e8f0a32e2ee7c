import { type IncomingHttpHeaders, request } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AdminFailure } from './failure.js';
import { listenAdmin } from './listener.js';
import type { AdminRoute } from './routes.js';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const ROUTES: readonly AdminRoute[] = [
  { method: 'GET', path: '/status', answer: () => ({ body: { fine: true } }) },
  { method: 'GET', path: '/text', answer: () => ({ body: { text: 'plain', contentType: 'text/plain' } }) },
  { method: 'POST', path: '/things/:/break', answer: (name) => ({ status: 202, body: { name } }) },
  {
    method: 'POST',
    path: '/refuse',
    answer: () => {
      throw new AdminFailure(409, 'no', 'not now');
    },
  },
  { method: 'POST', path: '/fail', answer: () => Promise.reject(new Error('a bug')) },
];

async function listen(): Promise<{ url: string; log: string[] }> {
  const log: string[] = [];
  const listener = await listenAdmin({ port: 0, routes: ROUTES, log: (line) => log.push(line) });
  onTestFinished(() => listener.close());
  return { url: listener.url, log };
}

/** `fetch` does not let a test set Host and Origin. */
function ask(url: string, method = 'GET', headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

function documentOf({ body }: Answer): unknown {
  const document: unknown = JSON.parse(body);
  return document;
}

test('an answer is one line of JSON that no cache keeps', async () => {
  const { url } = await listen();
  const { status, headers, body } = await ask(`${url}/status?now`);
  expect([status, body]).toEqual([200, '{"fine":true}\n']);
  expect(headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(headers).not.toHaveProperty('access-control-allow-origin');
});

test('HEAD answers as GET without the body', async () => {
  const { url } = await listen();
  const { status, headers, body } = await ask(`${url}/text`, 'HEAD');
  expect([status, headers['content-length'], headers['content-type'], body]).toEqual([200, '5', 'text/plain', '']);
});

test('an unknown path is answered 404 with the paths that exist', async () => {
  const { url } = await listen();
  const answer = await ask(`${url}/staus`);
  expect(answer.status).toBe(404);
  expect(documentOf(answer)).toEqual({
    error: {
      code: 'not_found',
      message:
        'expected one of GET /status, GET /text, POST /things/<name>/break, POST /refuse, POST /fail, got GET /staus',
    },
  });
});

test.each([
  ['POST', '/status', 'GET, HEAD'],
  ['GET', '/refuse', 'POST'],
  ['OPTIONS', '/refuse', 'POST'],
])('%s %s is answered 405 with the methods of the path', async (method, path, allow) => {
  const { url } = await listen();
  const answer = await ask(`${url}${path}`, method, { 'x-pinwheel-admin': '1' });
  expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
});

describe('a POST request', () => {
  test('a POST needs the header X-Pinwheel-Admin', async () => {
    const { url } = await listen();
    for (const headers of [{}, { 'x-pinwheel-admin': '0' }]) {
      const answer = await ask(`${url}/things/a/break`, 'POST', headers);
      expect(answer.status).toBe(403);
      expect(answer.body).toContain('"header_missing"');
    }
    const answer = await ask(
      `${url}/things/a%20b/break`,
      'POST',
      { 'x-pinwheel-admin': '1' },
      'a body that is discarded',
    );
    expect([answer.status, answer.body]).toEqual([202, '{"name":"a b"}\n']);
  });

  test.each(['/things//break', '/things/a/b/break', '/things/break'])('a POST to %s is answered 404', async (path) => {
    const { url } = await listen();
    expect((await ask(`${url}${path}`, 'POST', { 'x-pinwheel-admin': '1' })).status).toBe(404);
  });

  test('a POST can be refused with a reason', async () => {
    const { url, log } = await listen();
    const answer = await ask(`${url}/refuse`, 'POST', { 'x-pinwheel-admin': '1' });
    expect([answer.status, documentOf(answer), log]).toEqual([409, { error: { code: 'no', message: 'not now' } }, []]);
  });

  test('a POST that fails is answered 500 and logged', async () => {
    const { url, log } = await listen();
    const answer = await ask(`${url}/fail`, 'POST', { 'x-pinwheel-admin': '1' });
    expect([answer.status, documentOf(answer)]).toEqual([500, { error: { code: 'failed', message: 'a bug' } }]);
    expect(log).toEqual(['POST /fail: a bug']);
  });
});

describe('a request', () => {
  test.each(['evil.example', 'evil.example:3180', '127.0.0.1.evil.example', 'localhost.', '[::2]:3180', '10.0.0.1'])(
    'a request with the foreign Host %j is answered 403',
    async (host) => {
      const { url } = await listen();
      const answer = await ask(`${url}/status`, 'GET', { host });
      expect([answer.status, answer.body]).toEqual([403, expect.stringContaining('"foreign_host"')]);
    },
  );

  test.each(['127.0.0.1', 'localhost:1', 'LOCALHOST', '[::1]:3180'])(
    'a request with Host %s is answered 200',
    async (host) => {
      const { url } = await listen();
      expect((await ask(`${url}/status`, 'GET', { host })).status).toBe(200);
    },
  );

  test.each(['http://evil.example', 'http://127.0.0.1:3102', 'null', 'https://localhost:9'])(
    'a request of a page of the origin %s is answered 403',
    async (origin) => {
      const { url } = await listen();
      const headers = { origin, host: 'localhost:9', 'x-pinwheel-admin': '1' };
      for (const [method, path] of [
        ['GET', '/status'],
        ['POST', '/things/a/break'],
        ['OPTIONS', '/things/a/break'],
      ] as const) {
        const answer = await ask(`${url}${path}`, method, headers);
        expect([answer.status, answer.body]).toEqual([403, expect.stringContaining('"foreign_origin"')]);
      }
    },
  );

  test('a request of a page of the listener’s own origin is answered 202', async () => {
    const { url } = await listen();
    const headers = { origin: 'http://localhost:9', host: 'localhost:9', 'x-pinwheel-admin': '1' };
    expect((await ask(`${url}/things/a/break`, 'POST', headers)).status).toBe(202);
  });
});

test.each(['0.0.0.0', '::', '10.1.2.3', 'example.com', ''])(
  'the address %j, which other machines could reach, is refused',
  async (host) => {
    await expect(listenAdmin({ host, port: 0, routes: [], log: () => undefined })).rejects.toThrow(
      'admin listener: expected a loopback address',
    );
  },
);

test('a port in use is reported with the error of the system', async () => {
  const { url } = await listen();
  const port = Number(new URL(url).port);
  await expect(listenAdmin({ port, routes: [], log: () => undefined })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
