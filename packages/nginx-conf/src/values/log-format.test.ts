import { describe, expect, it } from 'vitest';
import { request } from '../testing/request.js';
import { COMBINED, LogFormat } from './log-format.js';
import type { LogEscape } from './log-format.js';
import { Variables } from './user-variables.js';

function line(texts: readonly string[], headers: Record<string, string> = {}, escape: LogEscape = 'default'): string {
  const variables = new Variables();
  const format = variables.add(new LogFormat('f', escape, texts, { file: 'f', line: 1 }));
  variables.link();
  return format.line(request({ headers }));
}

it('the combined format equals nginx’s', () => {
  expect(line([COMBINED], { 'user-agent': 'curl/8' })).toMatch(
    /^192\.0\.2\.7 - - \[28\/Sep\/2026:\d\d:00:00 [+-]\d{4}\] "GET \/a\?x=1 HTTP\/1\.1" 200 100 "-" "curl\/8"$/,
  );
});

it('joins several strings', () => {
  expect(line(['$host', ' ${host}', 'x'])).toBe('example.com example.comx');
});

describe('escaping', () => {
  const nasty = '"\\\n\x01\x7f\xe9é'.slice(0, 6);

  it.each([
    ['default', '\\x22\\x5C\\x0A\\x01\\x7F\\xE9'],
    ['json', '\\"\\\\\\n\\u0001\x7f\xe9'],
    ['none', nasty],
  ] as const)('%s', (escape, expected) => {
    expect(line(['$http_x'], { x: nasty }, escape)).toBe(expected);
  });

  it('writes a dash for a missing value only with the default escaping', () => {
    expect(line(['[$http_x]'])).toBe('[-]');
    expect(line(['[$http_x]'], {}, 'json')).toBe('[]');
    expect(line(['[$http_x]'], {}, 'none')).toBe('[]');
    expect(line(['[$http_x]'], { x: '' })).toBe('[]');
  });

  it('leaves the text of the format itself unchanged', () => {
    expect(line(['"\xe9'], {}, 'json')).toBe('"\xe9');
  });
});
