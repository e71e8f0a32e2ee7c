import { describe, expect, it } from 'vitest';
import { compilePattern, PatternError } from './pattern.js';

/** The groups of a match, the whole match first; undefined when there is none. */
function match(source: string, subject: string, caseless = false): (string | undefined)[] | undefined {
  const groups = compilePattern(source, caseless).regexp.exec(subject);
  return groups === null ? undefined : [...groups];
}

describe('compilePattern matches what PCRE matches', () => {
  it.each([
    ['^/(.*)$', '/a', ['/a', 'a']],
    ['a$', 'a\n', ['a']],
    ['a\\z', 'a\n', undefined],
    ['\\Aa\\Z', 'a\n', ['a']],
    ['a.c', 'a\nc', undefined],
    ['(?s)a.c', 'a\nc', ['a\nc']],
    ['(?m)^b$', 'a\nb\nc', ['b']],
    ['(?i)abc', 'ABC', ['ABC']],
    ['a(?i)b(?-i)c', 'aBc', ['aBc']],
    ['a(?i)b(?-i)c', 'aBC', undefined],
    ['(?i:a)b', 'Ab', ['Ab']],
    ['(?x) a  b # comment', 'ab', ['ab']],
    ['a(?#comment)b', 'ab', ['ab']],
    ['\\s', '\xa0', undefined],
    ['\\h', '\xa0', ['\xa0']],
    ['[[:alpha:]]+', '1ab2', ['ab']],
    ['[^[:digit:]]', '1a', ['a']],
    ['[]a]+', ']a', [']a']],
    ['[a-]+', '-a', ['-a']],
    ['\\Qa.b\\E+', 'a.bb', ['a.bb']],
    ['\\x41\\x{42}\\103', 'ABC', ['ABC']],
    ['a{,3}', 'a{,3}', ['a{,3}']],
    ['a{2', 'a{2', ['a{2']],
    ['x{2,3}', 'xxxx', ['xxx']],
    ['(a)(b)?', 'a', ['a', 'a', undefined]],
    ['(a)\\1', 'aa', ['aa', 'a']],
    ['(?<n>a)\\k<n>', 'aa', ['aa', 'a']],
    ['(?P<n>a)(?P=n)', 'aa', ['aa', 'a']],
    ['(?<!a)b', 'ab b', ['b']],
    ['\\R', '\r\n', ['\r\n']],
    ['\\.(png|jpg)$', '/x.png', ['.png', 'png']],
  ])('%s on %j', (source, subject, expected) => {
    expect(match(source, subject)).toEqual(expected);
  });
});

it('letters outside ASCII are never folded', () => {
  expect(match('\xe9', '\xc9', true)).toBeUndefined();
  expect(match('[\xe0-\xff]', '\xc9', true)).toBeUndefined();
  expect(match('[a-c]', 'B', true)).toEqual(['B']);
});

it('compilePattern returns named groups with their numbers', () => {
  const { names, groups } = compilePattern("(a)(?<x>b)(?P<y>c)(?'z'd)(?:e)");
  expect(names).toEqual([
    { name: 'x', group: 2 },
    { name: 'y', group: 3 },
    { name: 'z', group: 4 },
  ]);
  expect(groups).toBe(4);
});

it.each([
  ['a*+', 'a possessive quantifier ("*+")'],
  ['a{1,2}+', 'a possessive quantifier ("{1,2}+")'],
  ['(?>a)', 'an atomic group ("(?>")'],
  ['(?|a)', '"(?|"'],
  ['(?(1)a)', '"(?("'],
  ['(?1)', '"(?1"'],
  ['(?&n)', '"(?&"'],
  ['\\Ka', '"\\K"'],
  ['\\pL', '"\\p"'],
  ['[\\pL]', '"\\p" in a character class'],
  ['(*UTF8)a', 'a verb "(*"'],
  ['(?J)a', 'the option "(?J)"'],
  ['(?i)(a)\\1', 'a back reference that ignores case'],
])('%s is refused by name', (source, what) => {
  expect(() => compilePattern(source)).toThrow(
    new PatternError(`${what} in regex "${source}" is not served by pinwheel`),
  );
});

it('refuses an expression that is too large when it is compiled, not when it is first used', () => {
  expect(() => compilePattern('(?:(?:a?){3000}){3000}')).toThrow(/^what JavaScript cannot compile \(.+\) in regex/);
});
