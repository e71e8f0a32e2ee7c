import { describe, expect, it, vi } from 'vitest';
import { memoryFiles } from '../testing/memory-files.js';
import { request } from '../testing/request.js';
import type { Facts } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import { loadConfiguration } from '../check/load.js';
import type { ComplexValue } from './value.js';

/** Loads `map` blocks and compiles `value` beside them. */
function compile(maps: string, value: string): ComplexValue {
  const text = `events {} http { ${maps} server { return 200 "${value}"; } }`;
  const { main } = loadConfiguration(memoryFiles({ '/f': text }), '/f');
  const server = main.blocks(http.http)[0]?.scope.blocks(http.server)[0]?.scope;
  const body = server?.own(http.return)[0]?.value.text;
  if (body === undefined) throw new Error('the server has no return');
  return body;
}

function mapped(block: string, source: string, headers: Record<string, string> = { x: source }): string {
  return compile(`map $http_x $y { ${block} }`, '$y').evaluate(request({ headers }));
}

describe('an entry', () => {
  it.each([
    ['a 1; b 2;', 'b', '2'],
    ['A 1;', 'a', '1'],
    ['a 1;', 'A', '1'],
    ['a 1;', 'c', ''],
    ['a 1; default d;', 'c', 'd'],
    ["'' empty; default d;", '', 'empty'],
    ['\\default 1; default 2;', 'default', '1'],
    ['\\~a 1;', '~a', '1'],
    ['~^a(.)$ "[$1]";', 'ab', '[b]'],
    ['~^A 1; ~*^A 2;', 'a', '2'],
    ['~*^(?<word>\\w+) "$word!";', 'abc def', 'abc!'],
    ['~a 1; a 2;', 'a', '2'],
    ['~a 1; ~b 2;', 'ab', '1'],
    ['a $host;', 'a', 'example.com'],
  ])('%s gives %j its value', (block, source, expected) => {
    expect(mapped(block, source)).toBe(expected);
  });

  it('a map has its default when the source has no value', () => {
    expect(mapped("'' none; a 1;", '', {})).toBe('none');
  });
});

describe('with hostnames', () => {
  const block = 'hostnames; .example.com 1; *.deep.example.com 2; www.example.* 3; www.example.org 4; *.org 5;';

  it.each([
    ['example.com', '1'],
    ['a.example.com', '1'],
    ['a.deep.example.com', '2'],
    ['deep.example.com', '1'],
    ['WWW.Example.ORG.', '4'],
    ['www.example.net', '3'],
    ['a.org', '5'],
    ['org', ''],
    ['example.com.evil', ''],
  ])('%s is found as %s', (name, expected) => {
    expect(mapped(block, name)).toBe(expected);
  });
});

describe('the evaluation of a map', () => {
  function counting(): { readonly facts: Facts; readonly asked: () => number } {
    const requestHeader = vi.fn<Facts['requestHeader']>(() => 'a');
    return { facts: request({ requestHeader }), asked: () => requestHeader.mock.calls.length };
  }

  it('a map is evaluated once per request, when it is first read', () => {
    const { facts, asked } = counting();
    const value = compile('map $http_x $y { a 1; }', '$y$y');
    expect(asked()).toBe(0);
    expect(value.evaluate(facts) + value.evaluate(facts)).toBe('1111');
    expect(asked()).toBe(1);
  });

  it('a volatile map is evaluated every time', () => {
    const { facts, asked } = counting();
    expect(compile('map $http_x $y { volatile; a 1; }', '$y$y').evaluate(facts)).toBe('11');
    expect(asked()).toBe(2);
  });

  it('a map may read maps before or after it in the file', () => {
    expect(
      compile('map $b $c { 2 3; } map $http_x $a { a 1; } map "$a$host" $b { 1example.com 2; }', '$c').evaluate(
        counting().facts,
      ),
    ).toBe('3');
  });
});

it('the map of the classic upgrade recipe has its two values', () => {
  const value = compile("map $http_upgrade $connection_upgrade { default upgrade; '' close; }", '$connection_upgrade');
  expect(value.evaluate(request({ headers: { upgrade: 'websocket' } }))).toBe('upgrade');
  expect(value.evaluate(request())).toBe('close');
});
