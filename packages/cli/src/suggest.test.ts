import { expect, test } from 'vitest';
import { suggest } from './suggest.js';

const FLAGS = ['--nodes', '--port', '--node-port', '--policy', '--no-admin'];

test.each([
  ['--node', '--nodes'],
  ['--ndoes', '--nodes'],
  ['--prot', '--port'],
  ['--nodeport', '--node-port'],
  ['--no_admin', '--no-admin'],
  ['--clients', undefined],
  ['--x', undefined],
])('for %s the nearest flag is %s', (given, meant) => {
  expect(suggest(given, FLAGS)).toBe(meant);
});
