import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHttpTime } from './date.js';

const SECONDS = 784_111_777;

test.each([
  'Sun, 06 Nov 1994 08:49:37 GMT',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994',
  ', 06 Nov 1994 08:49:37',
])('parseHttpTime reads %s', (text) => {
  expect(parseHttpTime(text)).toBe(SECONDS);
});

test.each([
  '',
  'yesterday',
  '784111777',
  'Sun, 06 Nov 1994 24:49:37 GMT',
  'Sun, 31 Nov 1994 08:49:37 GMT',
  'Tue, 29 Feb 2023 08:49:37 GMT',
  'Sun, 06 Now 1994 08:49:37 GMT',
  'Sun, 6 Nov 1994 08:49:37 GMT',
])('parseHttpTime refuses %j', (text) => {
  expect(parseHttpTime(text)).toBeUndefined();
});

test('parseHttpTime reads years of two digits as 1970 to 2069', () => {
  expect(parseHttpTime('Thursday, 01-Jan-70 00:00:00 GMT')).toBe(0);
  expect(parseHttpTime('Tuesday, 01-Jan-69 00:00:00 GMT')).toBe(Date.UTC(2069, 0, 1) / 1_000);
});

test('parseHttpTime reads what Date writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      expect(parseHttpTime(new Date(seconds * 1_000).toUTCString())).toBe(seconds);
    }),
  );
});
