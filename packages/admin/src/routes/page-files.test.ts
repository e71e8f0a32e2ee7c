import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PageFiles } from './page-files.js';

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

test('the page is looked for until it is built, then it does not change', async () => {
  const root = await folder();
  const files = new PageFiles(root);
  expect(await files.page({})).toBeUndefined();
  await fill(root);
  expect((await files.page({}))?.body).toEqual({
    text: Buffer.from('<p>page</p>'),
    contentType: 'text/html; charset=utf-8',
  });
  await writeFile(join(root, 'index.html'), 'another');
  expect((await files.page({}))?.body).toMatchObject({ text: Buffer.from('<p>page</p>') });
});

test('a client that accepts gzip gets the page compressed', async () => {
  const root = await folder();
  await fill(root);
  const answer = await new PageFiles(root).page({ 'accept-encoding': 'br, gzip' });
  expect(answer?.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept, accept-encoding' });
  expect(answer?.body).toMatchObject({ text: Buffer.from('packed') });
});

test('only files in the folder of the page are served', async () => {
  const root = await folder();
  await fill(root);
  const files = new PageFiles(root);
  await files.page({});
  expect(files.asset('a.js', {}).body).toMatchObject({ contentType: 'text/javascript; charset=utf-8' });
  for (const name of ['../index.html', 'b.js', '', '..']) {
    expect(() => files.asset(name, {})).toThrow(expect.objectContaining({ status: 404 }));
  }
});
