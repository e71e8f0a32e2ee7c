import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfError } from '../text/error.js';
import { BROKEN_AS_NGINX } from '../testing/broken-as-nginx.js';
import { BROKEN_HERE } from '../testing/broken-here.js';
import { memoryFiles } from '../testing/memory-files.js';
import { loadConfiguration } from './load.js';

function refusal(text: string, path = '/etc/nginx/nginx.conf'): ConfError {
  try {
    loadConfiguration(memoryFiles({ [path]: text }), path);
  } catch (error) {
    if (error instanceof ConfError) return error;
    throw error;
  }
  throw new Error(`this configuration is accepted:\n${text}`);
}

describe.each([
  ['in nginx’s words', BROKEN_AS_NGINX],
  ['in its own words', BROKEN_HERE],
])('a broken file is refused %s', (_, broken) => {
  it.each(broken)('$around: $piece', ({ text, line, message }) => {
    const error = refusal(text);
    expect({ message: error.message, line: error.line }).toEqual({ message, line });
  });
});

it('an error prints as nginx prints it, under another name', () => {
  expect(String(refusal('events {}\nfoo;', 'conf/nginx.conf'))).toBe(
    'pinwheel: [emerg] unknown directive "foo" in conf/nginx.conf:2',
  );
});

function nginxIsInstalled(): boolean {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!nginxIsInstalled())('nginx refuses it alike (needs nginx: apt-get install nginx)', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pinwheel-conf-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(BROKEN_AS_NGINX)('$around: $piece', ({ text }) => {
    const path = join(folder, 'nginx.conf');
    writeFileSync(path, text, 'latin1');
    const { stderr } = spawnSync('nginx', ['-t', '-q', '-e', '/dev/null', '-c', path, '-g', `pid ${folder}/pid;`], {
      encoding: 'latin1',
    });
    const start = stderr.indexOf('nginx: [emerg] ');
    const ours = String(refusal(text, path)).replace('pinwheel: ', 'nginx: ');
    expect(stderr.slice(start, start + ours.length)).toBe(ours);
    // Only the end of the line follows.
    expect(stderr.charAt(start + ours.length)).toBe('\n');
  });
});
