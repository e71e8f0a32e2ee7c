import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { globPaths } from './glob.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinwheel-glob-'));
  for (const name of ['one', 'two', '.three']) mkdirSync(join(folder, name));
  for (const name of ['b.conf', 'a.conf', 'B.conf', '.c.conf', 'a+b', 'a]b', 'one/x.conf', 'two/x.conf', 'é']) {
    writeFileSync(join(folder, name), '');
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['*.conf', 'B.conf a.conf b.conf'],
  ['?.conf', 'B.conf a.conf b.conf'],
  ['[ab].conf', 'a.conf b.conf'],
  ['[a-z].conf', 'a.conf b.conf'],
  ['[!a].conf', 'B.conf b.conf'],
  ['.*.conf', '.c.conf'],
  ['*/x.conf', 'one/x.conf two/x.conf'],
  ['a+*', 'a+b'],
  ['a[]]b', 'a]b'],
  ['a\\+b*', 'a+b'],
  ['\xc3?', '\xc3\xa9'],
  ['[z-a]*', ''],
  ['none/*', ''],
  ['a.conf/*', ''],
  ['*none', ''],
])('%j means %j', (pattern, names) => {
  const expected = names === '' ? [] : names.split(' ').map((name) => `${folder}/${name}`);
  expect(globPaths(`${folder}/${pattern}`)).toEqual(expected);
});

test('a relative pattern gives relative paths', () => {
  expect(globPaths('packag?.json')).toEqual(['package.json']);
});
