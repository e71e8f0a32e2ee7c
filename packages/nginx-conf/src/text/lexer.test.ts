import { describe, expect, it } from 'vitest';
import { ConfError } from './error.js';
import { Lexer } from './lexer.js';
import type { Statement } from './lexer.js';

function statements(text: string): Statement[] {
  const lexer = new Lexer(text, 'f');
  const all: Statement[] = [];
  for (;;) {
    const statement = lexer.next();
    if (statement.terminator === 'end') return all;
    all.push(statement);
  }
}

/** The words of the only statement. */
function words(text: string): readonly string[] {
  return statements(text)[0]?.words ?? [];
}

describe('Lexer', () => {
  it.each([
    ['a b\tc\r\nd;', ['a', 'b', 'c', 'd']],
    ['"a b" \'c;{}#\' "";', ['a b', 'c;{}#', '']],
    [String.raw`"\"\'\\\t\r\n\x";`, ['"\'\\\t\r\n\\x']],
    [String.raw`a\ b \; \{ \n;`, ['a\\ b', '\\;', '\\{', '\n']],
    ['x${e}y ${f};', ['x${e}y', '${f}']],
    ['a"b c\'d;', ['a"b', "c'd"]],
    ['a#b c}d;', ['a#b', 'c}d']],
    ['"a")b;', ['a', ')b']],
  ])('%s is cut as nginx cuts it', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it('ends comments with their line and allows them between the words of a statement', () => {
    expect(statements('# one;\na # two {\n b;#three')).toEqual([{ words: ['a', 'b'], terminator: ';' }]);
  });

  it('reads the beginning and the end of blocks', () => {
    expect(statements('a{b;}').map(({ terminator }) => terminator)).toEqual(['{', ';', '}']);
  });
});

describe('the 4,096 byte buffer of Lexer', () => {
  it.each([
    ['a word', (n: number) => `${'a'.repeat(n)} ;${' '.repeat(9_000)}`],
    ['a comment', (n: number) => `#${'a'.repeat(n - 1)}\n${' '.repeat(9_000)}`],
    ['a quoted word', (n: number) => `"${'a'.repeat(n)}" ;${' '.repeat(9_000)}`],
  ])('holds %s of 4,000 bytes and not of 4,200', (_, make) => {
    expect(() => statements(make(4_000))).not.toThrow();
    expect(() => statements(make(4_200))).toThrow(ConfError);
  });

  it('counts from the beginning of the word, not of the file', () => {
    expect(() => statements(`${'x;'.repeat(1_500)}${'a'.repeat(4_095)};${' '.repeat(9_000)}`)).not.toThrow();
    expect(() => statements(`${'x;'.repeat(1_500)}${'a'.repeat(4_096)};${' '.repeat(9_000)}`)).toThrow(
      'too long parameter "aaaaaaaaaa..." started',
    );
  });

  it('names the line on which the word began', () => {
    expect(() => statements(`\n\n"${'a\n'.repeat(3_000)}`)).toThrow(
      expect.objectContaining({
        message: 'too long parameter, probably missing terminating """ character',
        line: 3,
      }),
    );
  });

  it('does not limit the parameter of -g', () => {
    expect(new Lexer(`${'a'.repeat(9_000)};`, 'command line', 'parameter').next().words[0]).toHaveLength(9_000);
  });
});

it.each([
  ['"a"b;', 'unexpected "b"'],
  ["'a'};", 'unexpected "}"'],
  ['"a"', 'unexpected end of file, expecting ";" or "}"'],
  ['a', 'unexpected end of file, expecting ";" or "}"'],
  ['a }', 'unexpected "}"'],
  [';', 'unexpected ";"'],
  ['\n{', 'unexpected "{"'],
])('%j is refused', (text, message) => {
  expect(() => statements(text)).toThrow(expect.objectContaining({ message, file: 'f' }));
});

it('reports a parameter of -g that ends early', () => {
  expect(() => new Lexer('a b', 'command line', 'parameter').next()).toThrow(
    expect.objectContaining({ message: 'unexpected end of parameter, expecting ";"', line: 0 }),
  );
});
