import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ConfError } from './error.js';
import { memoryFiles } from '../testing/memory-files.js';
import { parseFile, parseParameter } from './parse.js';
import type { Directive } from './parse.js';
import { printTree } from './print.js';

type Shape = { readonly name: string; readonly args: readonly string[]; readonly block?: readonly Shape[] };

function shape({ name, args, block }: Directive): Shape {
  return block === undefined ? { name, args } : { name, args, block: block.map(shape) };
}

function parse(contents: Readonly<Record<string, string>>): readonly Directive[] {
  return parseFile(memoryFiles(contents), '/conf/nginx.conf');
}

const byteString = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 })
  .map((bytes) => String.fromCharCode(...bytes));
const word = fc.oneof(
  byteString,
  fc.stringMatching(/^[a-z_]{1,10}$/),
  fc.constantFrom('${a}', '$b', '\\', '"', "'", 'a b', '{', '}', ';', '#', '\\"', '\\n', '$', '${'),
);
const { tree } = fc.letrec<{ tree: readonly Directive[] }>((tie) => ({
  tree: fc.array(
    fc
      .record({
        // Included files are in their place, so that the word does not occur.
        name: word.filter((name) => name !== 'include'),
        args: fc.array(word, { maxLength: 4 }),
        block: fc.option(tie('tree'), { nil: undefined, depthIdentifier: 'block' }),
      })
      .map(({ name, args, block }): Directive => {
        const directive = { name, args, file: '', line: 0 };
        return block === undefined ? directive : { ...directive, block };
      }),
    { maxLength: 4, depthIdentifier: 'block' },
  ),
}));

it('printTree prints text that parses to the same tree', () => {
  fc.assert(
    fc.property(tree, (directives) => {
      expect(parse({ '/conf/nginx.conf': printTree(directives) }).map(shape)).toEqual(directives.map(shape));
    }),
    { numRuns: 500 },
  );
});

it('gives a directive the line on which its arguments end', () => {
  expect(parse({ '/conf/nginx.conf': 'a\n b\n;\nc {\n d; }' })).toMatchObject([
    { name: 'a', line: 3 },
    { name: 'c', line: 4, block: [{ name: 'd', line: 5 }] },
  ]);
});

describe('include', () => {
  it('include is replaced by the files, sorted, below the directory of the main file', () => {
    const directives = parse({
      '/conf/nginx.conf': 'a;\ninclude sites/*.conf;\nb { include /etc/c.conf; }',
      '/conf/sites/2.conf': 'two;',
      '/conf/sites/1.conf': '\none;',
      '/conf/sites/1.txt': 'no;',
      '/etc/c.conf': 'c;',
    });
    expect(directives).toMatchObject([
      { name: 'a' },
      { name: 'one', file: '/conf/sites/1.conf', line: 2 },
      { name: 'two', file: '/conf/sites/2.conf' },
      { name: 'b', block: [{ name: 'c', file: '/etc/c.conf' }] },
    ]);
  });

  it('include adds nothing for a pattern that matches no file', () => {
    expect(parse({ '/conf/nginx.conf': 'include none/*;' })).toEqual([]);
  });

  it.each([
    ['include x.conf;', 'open() "/conf/x.conf" failed (2: No such file or directory)'],
    ['include sites;', 'pread() "/conf/sites" failed (21: Is a directory)'],
    ['include nginx.conf;', '"/conf/nginx.conf" includes itself'],
    ['include sites/round.conf;', '"/conf/nginx.conf" includes itself'],
  ])('%s is refused where it stands', (text, message) => {
    const contents = { '/conf/nginx.conf': text, '/conf/sites/round.conf': 'include nginx.conf;' };
    expect(() => parse(contents)).toThrow(expect.objectContaining({ message, line: 1 }));
  });

  it('include requires each block to end in its own file', () => {
    expect(() => parse({ '/conf/nginx.conf': 'a { include b; }', '/conf/b': 'c; }' })).toThrow(
      expect.objectContaining({ message: 'unexpected "}"', file: '/conf/b' }),
    );
    expect(() => parse({ '/conf/nginx.conf': 'include b; }', '/conf/b': '\na {' })).toThrow(
      expect.objectContaining({ message: 'unexpected end of file, expecting "}"', file: '/conf/b', line: 2 }),
    );
  });

  it('include is limited in depth and in number', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [i === 0 ? '/conf/nginx.conf' : `/conf/${i}`, `include ${i + 1};`]),
    );
    expect(() => parse({ ...chain, '/conf/100': '' })).toThrow('too many included files');
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        i === 0 ? '/conf/nginx.conf' : `/conf/${i}`,
        `include ${i + 1}; include ${i + 1};`,
      ]),
    );
    expect(() => parse({ ...doubling, '/conf/40': '' })).toThrow('too many included files');
  });
});

it('limits the depth of blocks', () => {
  expect(() => parse({ '/conf/nginx.conf': 'a {'.repeat(100_000) })).toThrow('too many blocks inside each other');
});

/** The printed refusal. */
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfError) return String(error);
    throw error;
  }
  return 'accepted';
}

it('reports a missing main file without a line', () => {
  expect(refusal(() => parse({}))).toBe(
    'pinwheel: [emerg] open() "/conf/nginx.conf" failed (2: No such file or directory)',
  );
});

describe('directives of the command line', () => {
  const files = memoryFiles({ '/conf/a': 'b;' });

  it('directives of -g are parsed like those of a file, includes too', () => {
    expect(parseParameter(files, 'daemon off; include a;', '/conf/').map(({ name }) => name)).toEqual(['daemon', 'b']);
  });

  it.each([
    ['events {}', 'block directives are not supported in -g option'],
    ['daemon off', 'unexpected end of parameter, expecting ";"'],
    ['}', 'unexpected "}"'],
  ])('%s is refused', (text, message) => {
    expect(refusal(() => parseParameter(files, text, '/conf/'))).toBe(`pinwheel: [emerg] ${message} in command line`);
  });
});
