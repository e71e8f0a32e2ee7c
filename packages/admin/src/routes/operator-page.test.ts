import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { OperatorPage } from './operator-page.js';

async function folder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'pinwheel-files-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

async function fill(root: string): Promise<void> {
  await mkdir(join(root, 'assets'));
  await writeFile(join(root, 'index.html'), '<p>page</p>');
  await writeFile(join(root, 'index.html.gz'), 'packed');
  await writeFile(join(root, 'assets/a.js'), 'script');
}

function pageIn(root: string): OperatorPage {
  return new OperatorPage({ folder: root, contentSecurityPolicy: "default-src 'self'" });
}

test('the page is looked for until it is built, then it does not change', async () => {
  const root = await folder();
  const page = pageIn(root);
  expect(page.page({})).toBeUndefined();
  await fill(root);
  expect(page.page({})?.body).toEqual({ text: Buffer.from('<p>page</p>'), contentType: 'text/html; charset=utf-8' });
  await writeFile(join(root, 'index.html'), 'another');
  expect(page.page({})?.body).toMatchObject({ text: Buffer.from('<p>page</p>') });
});

test('the page may not be framed or kept by a cache', async () => {
  const root = await folder();
  await fill(root);
  expect(pageIn(root).page({})?.headers).toMatchObject({
    'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
    'cache-control': 'no-store',
  });
});

test('a client that accepts gzip gets the page compressed', async () => {
  const root = await folder();
  await fill(root);
  const answer = pageIn(root).page({ 'accept-encoding': 'br, gzip' });
  expect(answer?.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept, accept-encoding' });
  expect(answer?.body).toMatchObject({ text: Buffer.from('packed') });
});

test('only files in the folder of the page are served', async () => {
  const root = await folder();
  await fill(root);
  const page = pageIn(root);
  page.page({});
  expect(page.asset('a.js', {}).body).toMatchObject({ contentType: 'text/javascript; charset=utf-8' });
  for (const name of ['../index.html', 'b.js', '', '..']) {
    expect(() => page.asset(name, {})).toThrow(expect.objectContaining({ status: 404 }));
  }
});
