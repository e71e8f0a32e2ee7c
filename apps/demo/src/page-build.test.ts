import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentSecurityPolicy } from './content-security-policy.js';
import { demoRoot } from './index.js';

/** All that the page may weigh on the wire, in bytes. */
const WEIGHT_MAX = 120 * 1024;

const folder = fileURLToPath(new URL('..', import.meta.url));
let outDir: string;
const files = new Map<string, Buffer>();

beforeAll(async () => {
  outDir = await mkdtemp(path.join(tmpdir(), 'pinwheel-page-'));
  await build({ root: folder, configFile: path.join(folder, 'vite.config.ts'), logLevel: 'error', build: { outDir } });
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

describe('the built page', () => {
  it.each(['index.html', 'classic.html'])('has no inline script, style or handler in %s', (page) => {
    const html = text(page);
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=/u);
    expect([...html.matchAll(/<script\b([^>]*)>/gu)].map(([, attributes]) => attributes)).toEqual([
      expect.stringContaining(' src="./assets/'),
    ]);
  });

  it.each(['index.html', 'classic.html'])('carries its policy before anything that loads in %s', (page) => {
    const html = text(page).replaceAll('&#39;', "'");
    expect(html).toContain(contentSecurityPolicy);
    expect(html.indexOf(contentSecurityPolicy)).toBeLessThan(html.search(/<script|<link/u));
    expect(contentSecurityPolicy).not.toContain('unsafe');
  });

  it('loads nothing from elsewhere and nothing of node', () => {
    expect(textsOf('.css')).not.toMatch(/url\((?!["']?\.{0,2}\/?[\w./-]+["']?\))/u);
    expect(text('index.html')).not.toMatch(/(?:src|href)="(?:https?:)?\/\//u);
    expect(textsOf('.js')).not.toMatch(/node:|__vite-browser-external|randomBytes/u);
  });

  it('has a .gz beside every text file, of the same contents', () => {
    const texts = [...files.keys()].filter((name) => /\.(?:html|js|css|svg)$/u.test(name));
    expect(new Set(texts.map((name) => path.extname(name)))).toEqual(new Set(['.css', '.html', '.js', '.svg']));
    for (const name of texts) {
      const packed = files.get(`${name}.gz`) ?? gzipSync(`no ${name}.gz`);
      expect(gunzipSync(packed).toString('utf8')).toBe(text(name));
    }
  });

  it('weighs under 120 KB compressed', () => {
    let weight = 0;
    for (const [name, contents] of files) if (!files.has(`${name}.gz`)) weight += contents.length;
    expect(weight).toBeGreaterThan(10_000);
    expect(weight).toBeLessThan(WEIGHT_MAX);
  });
});

describe('demoRoot', () => {
  it('is an absolute path that ends in page', () => {
    expect(path.isAbsolute(demoRoot)).toBe(true);
    expect(path.basename(demoRoot)).toBe('page');
  });
});
