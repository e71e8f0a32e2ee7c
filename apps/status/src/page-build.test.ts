import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { expect, onTestFinished, test } from 'vitest';
import { contentSecurityPolicy, statusRoot } from './index.js';

/** All that the page may weigh on the wire, in bytes. */
const WEIGHT_MAX = 60 * 1024;

test('the built page is light, has its policy and nothing inline, of Node or from elsewhere', async () => {
  const outDir = await mkdtemp(path.join(tmpdir(), 'pinwheel-status-'));
  onTestFinished(() => rm(outDir, { recursive: true, force: true }));
  const folder = fileURLToPath(new URL('..', import.meta.url));
  await build({ root: folder, configFile: path.join(folder, 'vite.config.ts'), logLevel: 'error', build: { outDir } });
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(outDir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path.relative(outDir, file), await readFile(file));
  }
  const sent = [...files].filter(([name]) => !files.has(`${name}.gz`));
  expect(sent.reduce((sum, [, contents]) => sum + contents.length, 0)).toBeLessThan(WEIGHT_MAX);

  const html = String(files.get('index.html')).replaceAll('&#39;', "'");
  expect(html.indexOf(contentSecurityPolicy)).toBeLessThan(html.search(/<script|<link/u));
  expect(html).toContain(contentSecurityPolicy);
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|(?:src|href)="(?:https?:)?\/\//u);
  const scripts = [...files].filter(([name]) => name.endsWith('.js')).map(([, contents]) => String(contents));
  expect(scripts.join('\n').match(/["'`]node:|__vite-browser-external/u)).toBeNull();
});

test('the folder of the page is an absolute path', () => {
  expect([path.isAbsolute(statusRoot), path.basename(statusRoot)]).toEqual([true, 'page']);
});
