import { expect, test } from 'vitest';
import { formatAgo, formatBytes, formatCount, formatDuration, formatMs, formatRate, formatShare } from './format.js';

test.each([
  [0, '0'],
  [12_345, '12,345'],
  [99_999, '99,999'],
  [100_000, '100k'],
  [1_234_567, '1.23M'],
  [45_600_000_000, '45.6G'],
])('the count %d is %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  [0, '0'],
  [0.25, '0.3'],
  [9.94, '9.9'],
  [9.96, '10'],
  [1_234.4, '1,234'],
])('the rate %d is %s', (rate, text) => {
  expect(formatRate(rate)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_536, '1.50 KiB'],
  [1_023_488, '0.98 MiB'],
  [100 * 1024 * 1024, '100 MiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0.9, '0 s'],
  [59.9, '59 s'],
  [192, '3 m 12 s'],
  [3_600, '1 h'],
  [3_605, '1 h'],
  [190_800, '2 d 5 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('less than 1.5 seconds ago is "now"', () => {
  expect([formatAgo(1.2), formatAgo(75)]).toEqual(['now', '1 m 15 s ago']);
});

test('milliseconds below 10 have tenths, shares are percentages', () => {
  expect([formatMs(0), formatMs(9.96), formatMs(1_234), formatShare(0.054)]).toEqual([
    '0.0 ms',
    '10 ms',
    '1,234 ms',
    '5 %',
  ]);
});
