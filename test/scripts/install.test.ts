import { expect, test } from 'vitest';
import { root } from '@pinwheel/testing/program';

type Packages = Record<string, object>;
const { fits } = (await import(`${root}/scripts/install.mjs`)) as {
  fits: (locked: Packages, installed: Packages) => boolean;
};

const other = process.platform === 'linux' ? 'darwin' : 'linux';
const locked: Packages = {
  '': { name: 'project' },
  'apps/one': { version: '0.1.0' },
  'node_modules/@p/one': { resolved: 'apps/one', link: true },
  'node_modules/ws': { version: '8.0.0', integrity: 'sha512-a' },
  'node_modules/binding-here': { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] },
  'node_modules/binding-there': { version: '1.0.0', optional: true, os: [other] },
};
const { '': _root, 'node_modules/binding-there': binding, ...installed } = locked;

test('an installation without the packages for other machines fits', () => {
  expect(fits(locked, installed)).toBe(true);
});

test.each<[string, Packages]>([
  ['a version differs', { ...installed, 'node_modules/ws': { version: '8.0.1', integrity: 'sha512-a' } }],
  ['a content differs', { ...installed, 'node_modules/ws': { version: '8.0.0', integrity: 'sha512-b' } }],
  ['a workspace is not linked', { ...installed, 'node_modules/@p/one': { version: '0.1.0' } }],
  ['a package is missing', { 'apps/one': locked['apps/one'] ?? {} }],
  ['it was copied from another machine', { ...installed, 'node_modules/binding-there': binding ?? {} }],
])('it does not fit when %s', (_how, changed) => {
  expect(fits(locked, changed)).toBe(false);
});

test('an installation with more packages than the lock file fits', () => {
  expect(fits(locked, { ...installed, 'node_modules/mine': { version: '1.0.0' } })).toBe(true);
});
