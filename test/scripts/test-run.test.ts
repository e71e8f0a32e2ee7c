import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root, startProgram } from '@pinwheel/testing/program';

let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'pinwheel tests '));
  mkdirSync(join(project, 'test'));
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  cpSync(join(root, 'vitest.config.ts'), join(project, 'vitest.config.ts'));
  const write = (name: string, text: string): void => {
    writeFileSync(join(project, 'test', name), `import { beforeAll, describe, expect, test } from 'vitest';\n${text}`);
  };
  write('good.test.ts', `test('one', () => { expect(1).toBe(1); }); test('two', () => { expect(2).toBe(2); });`);
  write('bad.test.ts', `test('three', () => { expect(3).toBe(4); });`);
  write('unloadable.test.ts', `import './nowhere.js';`);
  write('empty.test.ts', '');
  write('hook.test.ts', `beforeAll(() => { throw new Error('no'); }); test('never', () => {});`);
  write('loose.test.ts', `test('four', () => { void Promise.reject(new Error('loose')); });`);
  write(
    'skips.test.ts',
    `test('five', () => {}); test('six', (at) => { at.skip('install it with: apt-get install six'); });`,
  );
});

afterAll(() => {
  rmSync(project, { recursive: true });
});

async function run(args: readonly string[], CI = ''): Promise<{ code: number | null; last: string; output: string }> {
  const program = startProgram('scripts/test.mjs', ['--root', project, ...args], { CI, VITEST: '' });
  const { code } = await program.ended;
  return { code, last: program.stdout.trimEnd().split('\n').at(-1) ?? '', output: program.stdout };
}

test.each([
  ['good', 0, '2 passed, 0 failed'],
  ['bad', 1, '0 passed, 1 failed'],
  ['unloadable', 1, '0 passed, 1 failed'],
  ['empty', 1, '0 passed, 1 failed'],
  ['hook', 1, '0 passed, 1 failed'],
  ['loose', 1, '1 passed, 1 failed'],
  ['nothing-like-it', 1, '0 passed, 1 failed'],
])('a run of the %s tests exits with %i and ends with "%s"', async (filter, code, last) => {
  expect(await run([`test/${filter}`])).toMatchObject({ code, last });
});

test('a skipped test is listed with its reason', async () => {
  const { code, last, output } = await run(['test/skips']);
  expect({ code, last }).toEqual({ code: 0, last: '1 passed, 0 failed, 1 skipped' });
  expect(output).toContain('skipped: test/skips.test.ts > six: install it with: apt-get install six\n');
});

test('with CI a skipped test counts as failed', async () => {
  const { code, last, output } = await run(['test/skips'], 'true');
  expect({ code, last }).toEqual({ code: 1, last: '1 passed, 1 failed' });
  expect(output).toContain('skipped: test/skips.test.ts > six: install it with: apt-get install six\n');
});

test('tests that -t leaves out are not counted', async () => {
  expect(await run(['test/good', 'test/skips', '-t', 'one'], 'true')).toMatchObject({
    code: 0,
    last: '1 passed, 0 failed',
  });
});
