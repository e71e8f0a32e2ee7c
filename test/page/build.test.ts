import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { contentSecurityPolicy, operatorPage, visitorPage } from '@pinwheel/page';
import { root } from '@pinwheel/testing/program';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe.each([
  { app: 'demo', html: ['index.html', 'classic.html'], maxKiB: 120 },
  { app: 'status', html: ['index.html'], maxKiB: 60 },
])('the page of apps/$app, built', ({ app, html, maxKiB }) => {
  const folder = path.join(root, 'apps', app);
  let outDir: string;
  const files = new Map<string, Buffer>();

  beforeAll(async () => {
    outDir = await mkdtemp(path.join(tmpdir(), 'pinwheel-page-'));
    await build({
      root: folder,
      configFile: path.join(folder, 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir },
    });
    for (const entry of await readdir(outDir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const full = path.join(entry.parentPath, entry.name);
      files.set(path.relative(outDir, full), await readFile(full));
    }
  }, 60_000);

  afterAll(async () => {
    await rm(outDir, { recursive: true, force: true });
  });

  function text(name: string): string {
    const contents = files.get(name);
    if (contents === undefined) throw new Error(`expected ${name} in the build, found ${[...files.keys()].join(', ')}`);
    return contents.toString('utf8');
  }

  function textsOf(extension: string): string {
    const names = [...files.keys()].filter((name) => name.endsWith(extension));
    return names.map(text).join('\n');
  }

  it.each(html)('has no inline script, style or handler in %s', (page) => {
    expect(text(page)).not.toMatch(/<style|\sstyle=|\son[a-z]+=/u);
    expect([...text(page).matchAll(/<script\b([^>]*)>/gu)].map(([, attributes]) => attributes)).toEqual([
      expect.stringContaining(' src="./assets/'),
    ]);
  });

  it.each(html)('has its policy before anything that loads in %s', (page) => {
    const source = text(page).replaceAll('&#39;', "'");
    expect(source).toContain(contentSecurityPolicy);
    expect(source.indexOf(contentSecurityPolicy)).toBeLessThan(source.search(/<script|<link/u));
    expect(contentSecurityPolicy).not.toContain('unsafe');
  });

  it.each(html)('has the shared head and no placeholder left in %s', (page) => {
    expect(text(page)).toMatch(/<meta charset="utf-8"[^]*rel="icon"[^]*href="\.\/assets\/favicon-/u);
    expect(text(page)).not.toContain('<!--');
  });

  it('loads nothing from another origin and nothing of Node', () => {
    expect(textsOf('.css')).not.toMatch(/url\((?!["']?\.{0,2}\/?[\w./-]+["']?\))/u);
    expect(textsOf('.html')).not.toMatch(/(?:src|href)="(?:https?:)?\/\//u);
    expect(textsOf('.js')).not.toMatch(/["'`]node:|__vite-browser-external|randomBytes/u);
  });

  it('has a .gz beside every text file, of the same contents', () => {
    const texts = [...files.keys()].filter((name) => /\.(?:html|js|css|svg)$/u.test(name));
    expect(new Set(texts.map((name) => path.extname(name)))).toEqual(new Set(['.css', '.html', '.js', '.svg']));
    for (const name of texts) {
      const packed = files.get(`${name}.gz`) ?? gzipSync(`no ${name}.gz`);
      expect(gunzipSync(packed).toString('utf8')).toBe(text(name));
    }
  });

  it(`weighs less than ${maxKiB} KiB compressed`, () => {
    let weight = 0;
    for (const [name, contents] of files) if (!files.has(`${name}.gz`)) weight += contents.length;
    expect(weight).toBeGreaterThan(10_000);
    expect(weight).toBeLessThan(maxKiB * 1024);
  });
});

describe('the folders of the built pages', () => {
  it.each([
    ['visitor', visitorPage],
    ['operator', operatorPage],
  ])('are absolute paths: %s', (name, { folder }) => {
    expect(path.isAbsolute(folder)).toBe(true);
    expect(path.basename(folder)).toBe(name);
  });
});
