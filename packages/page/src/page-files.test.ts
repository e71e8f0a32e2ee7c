import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PageFiles, pageHandler } from './page-files.js';

const folder = mkdtempSync(join(tmpdir(), 'pinwheel-page-'));
const html = `<!doctype html><title>page</title>${'<p>text</p>'.repeat(100)}`;
const contentSecurityPolicy = "default-src 'self'";
const server = createServer();
let url = '';

beforeAll(async () => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), html);
  writeFileSync(join(folder, 'index.html.gz'), gzipSync(html));
  writeFileSync(join(folder, 'classic.html'), '<p>classic</p>');
  writeFileSync(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(folder, 'assets', 'page-1a2b3c.js'), `// ${'x'.repeat(2_000)}`);
  server.on('request', pageHandler(new PageFiles({ folder, contentSecurityPolicy })));
  // A build that removes the files while the server runs changes nothing.
  rmSync(folder, { recursive: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return fetch(url + path, { method, headers: { 'accept-encoding': 'identity', ...headers } });
}

describe('pageHandler', () => {
  it('serves the page at / and by its name, to be validated every time', async () => {
    for (const path of ['/', '/index.html', '/?room=lobby']) {
      const response = await get(path);
      expect(await response.text()).toBe(html);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(response.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
    }
  });

  it('serves other pages with and without the ending of their names', async () => {
    for (const path of ['/classic', '/classic.html', '/%63lassic']) {
      expect(await (await get(path)).text()).toBe('<p>classic</p>');
    }
  });

  it('lets assets be cached for ever, since their names change with their contents', async () => {
    const response = await get('/assets/page-1a2b3c.js');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toBeNull();
  });

  it('sends gzip to clients that accept it', async () => {
    for (const accepted of ['gzip', 'br, gzip;q=0.5', '*']) {
      const response = await get('/', { 'accept-encoding': accepted });
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(await response.text()).toBe(html);
      expect(Number(response.headers.get('content-length'))).toBeLessThan(html.length / 5);
    }
    for (const accepted of ['identity', 'gzip;q=0, *', 'br']) {
      const response = await get('/', { 'accept-encoding': accepted });
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(response.headers.get('vary')).toBe('accept-encoding');
    }
  });

  it('answers 304 to a client that has the same contents', async () => {
    const etag = (await get('/')).headers.get('etag') ?? '';
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await get('/', { 'if-none-match': known });
      expect([response.status, await response.text()]).toEqual([304, '']);
    }
    expect((await get('/', { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await get('/', { 'if-none-match': etag, 'accept-encoding': 'gzip' })).status).toBe(200);
  });

  it('answers HEAD with the same head and no body', async () => {
    const response = await get('/', {}, 'HEAD');
    expect(response.headers.get('content-length')).toBe(String(html.length));
    expect(await response.text()).toBe('');
  });

  it('answers 405 to other methods', async () => {
    const response = await get('/', {}, 'DELETE');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it.each([
    '/nothing',
    '/assets',
    '/assets/',
    '/index.html.gz',
    '/%2e%2e/etc/passwd',
    '/%',
    '/__proto__',
    '//index.html',
  ])('answers 404 to %s', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe('404: nothing is here\n');
  });
});

describe('PageFiles', () => {
  it('is empty when the page is not built', () => {
    expect(new PageFiles({ folder, contentSecurityPolicy }).isEmpty).toBe(true);
  });
});
