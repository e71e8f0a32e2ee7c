import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerNames } from './server-names.js';

const label = fc.constantFrom('a', 'b', 'www', 'x-1');
const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const pattern = fc.oneof(
  host,
  host.map((name) => `*.${name}`),
  host.map((name) => `.${name}`),
  host.map((name) => `${name}.*`),
);

/** nginx's rule taken literally: every pattern is compared with the name. */
function findSlowly(patterns: readonly string[], name: string): number | undefined {
  const kept: { readonly pattern: string; readonly index: number }[] = [];
  const isTaken = (one: string): boolean => kept.some((other) => other.pattern === one);
  patterns.forEach((one, index) => {
    if (one.startsWith('.')) {
      // `.name` adds both the name and its wildcard, or neither.
      if (isTaken(one.slice(1)) || isTaken(`*${one}`)) return;
      kept.push({ pattern: one.slice(1), index }, { pattern: `*${one}`, index });
    } else if (!isTaken(one)) kept.push({ pattern: one, index });
  });
  const longest = (fits: (one: string) => boolean): number | undefined =>
    kept.filter((one) => fits(one.pattern)).toSorted((a, b) => b.pattern.length - a.pattern.length)[0]?.index;
  return (
    longest((one) => one === name) ??
    longest((one) => one.startsWith('*.') && name.endsWith(one.slice(1))) ??
    longest((one) => one.endsWith('.*') && name.startsWith(one.slice(0, -1)))
  );
}

describe('ServerNames', () => {
  it('find agrees with a comparison with every pattern', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), host, (patterns, name) => {
        const names = new ServerNames<number>();
        patterns.forEach((one, index) => names.add(one, index));
        expect(names.findName(name)).toBe(findSlowly(patterns, name));
      }),
      { numRuns: 2_000 },
    );
  });

  it('expressions are tried in order, only when no name matches, and never on the empty name', () => {
    const names = new ServerNames<string, number>();
    names.add('a.b', 'name');
    names.addExpression((name, facts) => name.startsWith('a') && facts === 1, 'first');
    names.addExpression(() => true, 'second');
    expect(names.find('a.b', () => expect.unreachable())).toBe('name');
    expect(names.find('ab', () => 1)).toBe('first');
    expect(names.find('ab', () => 2)).toBe('second');
    expect(names.find('', () => 1)).toBeUndefined();
  });

  it('the empty name, of requests without a host, can be added', () => {
    const names = new ServerNames<string>();
    expect(names.add('', 'none')).toBeUndefined();
    expect(names.findName('')).toBe('none');
  });

  it('names are compared without regard to case', () => {
    const names = new ServerNames<number>();
    names.add('WWW.Example.com', 1);
    names.add('*.EXAMPLE.org', 2);
    expect([names.findName('www.example.com'), names.findName('a.example.org')]).toEqual([1, 2]);
  });

  it.each(['*', '*.*', 'a.*.b', '*a.b', 'a..b', 'a.b*', '..a'])('add refuses %s as invalid', (name) => {
    expect(new ServerNames<number>().add(name, 1)).toBe('invalid');
  });

  it.each([
    ['a.b', 'a.b'],
    ['a.b', '.a.b'],
    ['*.a.b', '.a.b'],
    ['.a.b', 'A.b'],
    ['www.*', 'www.*'],
  ])('add reports a conflict of %s and %s', (first, second) => {
    const names = new ServerNames<number>();
    expect(names.add(first, 1)).toBeUndefined();
    expect(names.add(second, 2)).toBe('conflict');
  });

  it('wildcards are ordinary characters with wildcards = false', () => {
    const names = new ServerNames<number>();
    expect(names.add('*.a', 1, false)).toBeUndefined();
    expect([names.findName('*.a'), names.findName('x.a')]).toEqual([1, undefined]);
  });
});
