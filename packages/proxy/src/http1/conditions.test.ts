import { expect, test } from 'vitest';
import { judgeConditions, rangeApplies } from './conditions.js';

const NOW = 'Sun, 06 Nov 1994 08:49:37 GMT';
const BEFORE = 'Sun, 06 Nov 1994 08:49:36 GMT';
const AFTER = 'Sun, 06 Nov 1994 08:49:38 GMT';
const FILE = { etag: '"2ebca0c1-a"', modified: 784_111_777 };
const NOTHING_KNOWN = { etag: undefined, modified: undefined };

type Fields = Readonly<Record<string, string>>;

const judge = (fields: Fields, of: typeof FILE | typeof NOTHING_KNOWN = FILE): string =>
  judgeConditions((name) => fields[name], of);

test.each<[string, Fields]>([
  ['holds', {}],
  ['holds', { 'if-unmodified-since': NOW }],
  ['holds', { 'if-unmodified-since': AFTER }],
  ['failed', { 'if-unmodified-since': BEFORE }],
  ['failed', { 'if-unmodified-since': 'never' }],
  ['holds', { 'if-match': '*' }],
  ['holds', { 'if-match': '"2ebca0c1-a"' }],
  ['holds', { 'if-match': '"x" , "2ebca0c1-a"\t,"y"' }],
  ['failed', { 'if-match': 'W/"2ebca0c1-a"' }],
  ['failed', { 'if-match': '"2ebca0c1-a"x' }],
  ['failed', { 'if-match': '"x"' }],
  ['failed', { 'if-match': '' }],
  ['not_modified', { 'if-modified-since': NOW }],
  ['holds', { 'if-modified-since': BEFORE }],
  ['holds', { 'if-modified-since': AFTER }],
  ['holds', { 'if-modified-since': '?' }],
  ['not_modified', { 'if-none-match': '*' }],
  ['not_modified', { 'if-none-match': '"2ebca0c1-a"' }],
  ['not_modified', { 'if-none-match': '"x", W/"2ebca0c1-a"' }],
  ['holds', { 'if-none-match': '"x"' }],
  ['not_modified', { 'if-none-match': '*', 'if-modified-since': NOW }],
  ['holds', { 'if-none-match': '*', 'if-modified-since': BEFORE }],
  ['holds', { 'if-none-match': '"x"', 'if-modified-since': NOW }],
  ['failed', { 'if-none-match': '*', 'if-match': '"x"' }],
])('judgeConditions gives %s for %j', (outcome, fields) => {
  expect(judge(fields)).toBe(outcome);
});

test.each<[string, Fields]>([
  ['failed', { 'if-unmodified-since': AFTER }],
  ['failed', { 'if-match': '"x"' }],
  ['holds', { 'if-match': '*' }],
  ['holds', { 'if-modified-since': NOW }],
  ['holds', { 'if-none-match': '"x"' }],
  ['not_modified', { 'if-none-match': '*' }],
])('judgeConditions gives %s for %j without time and tag', (outcome, fields) => {
  expect(judge(fields, NOTHING_KNOWN)).toBe(outcome);
});

test('a list with 8,000 blanks is judged in linear time', () => {
  const from = performance.now();
  expect(judge({ 'if-none-match': `"x"${' '.repeat(8_000)}y` })).toBe('holds');
  expect(performance.now() - from).toBeLessThan(100);
});

test.each<[boolean, string | undefined]>([
  [true, undefined],
  [true, FILE.etag],
  [false, 'W/"2ebca0c1-a"'],
  [false, '"x"'],
  [true, NOW],
  [false, BEFORE],
  [false, AFTER],
  [false, 'x'],
])('rangeApplies is %s with If-Range %j', (applies, ifRange) => {
  expect(rangeApplies(ifRange, FILE)).toBe(applies);
});
