import { it } from 'vitest';
import fc from 'fast-check';
import { ConfError } from '../text/error.js';
import { memoryFiles } from '../testing/memory-files.js';
import { REAL_FILE } from '../testing/real-file.js';
import { loadConfiguration } from './load.js';

/** Reads it; anything but a configuration or a ConfError fails the test. */
function survives(text: string): void {
  try {
    loadConfiguration(
      memoryFiles({ '/conf/nginx.conf': text, '/conf/a': 'foo;', '/conf/b': text }),
      '/conf/nginx.conf',
    );
  } catch (error) {
    if (!(error instanceof ConfError)) throw error;
  }
}

const bytes = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 400 })
  .map((list) => String.fromCharCode(...list));
const syntax = fc
  .array(fc.constantFrom(';', '{', '}', '"', "'", '\\', '$', '${', '#', '\n', ' ', 'a', '~', '(', '[', 'include a'), {
    maxLength: 200,
  })
  .map((parts) => parts.join(''));
const tokens = REAL_FILE.split(/(\s+|[;{}"'$\\])/).filter((token) => token !== '');

/** A change to a text: some characters from a position (0 to 1 of the text's length) on are replaced. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 })),
  added: fc.oneof(
    fc.constantFrom(...tokens),
    bytes.map((text) => text.slice(0, 3)),
    syntax.map((text) => text.slice(0, 4)),
  ),
});

function changed(text: string, changes: readonly { at: number; removed: number; added: string }[]): string {
  return changes.reduce((before, { at, removed, added }) => {
    const start = Math.floor(at * before.length);
    return before.slice(0, start) + added + before.slice(start + removed);
  }, text);
}

it('the file that the fuzz test mutates is valid', () => {
  loadConfiguration(memoryFiles({ '/conf/nginx.conf': REAL_FILE }), '/conf/nginx.conf');
});

it('arbitrary bytes are a configuration or a ConfError', () => {
  fc.assert(fc.property(fc.oneof(bytes, syntax), survives), { numRuns: 2_000 });
});

it('a mutated real file is a configuration or a ConfError', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => survives(changed(REAL_FILE, changes))),
    { numRuns: 1_500 },
  );
});

it('directives with arbitrary arguments are a configuration or a ConfError', () => {
  const names = [...new Set(tokens.filter((token) => /^[a-z_]{3,}$/.test(token)))];
  const line = fc
    .tuple(fc.constantFrom(...names), fc.array(fc.oneof(fc.constantFrom(...tokens), syntax, bytes), { maxLength: 4 }))
    .map(([name, args]) => `${name} ${args.map((arg) => JSON.stringify(arg)).join(' ')};\n`);
  const wrapped = fc
    .tuple(
      fc.constantFrom('', 'http {', 'http { server {', 'http { upstream u {', 'http { server { location / {'),
      fc.array(line),
    )
    .map(([open, lines]) => `events {}\n${open}${lines.join('')}${'}'.repeat(open.split('{').length - 1)}`);
  fc.assert(fc.property(wrapped, survives), { numRuns: 1_500 });
});
