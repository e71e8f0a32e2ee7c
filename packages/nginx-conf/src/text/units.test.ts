import { describe, expect, it } from 'vitest';
import { parseInteger, parseMilliseconds, parseOffset, parseSeconds, parseSize } from './units.js';

// nginx 1.22 has refused and accepted the same texts.
describe('times', () => {
  it.each([
    ['60', 60_000, 60],
    ['300s', 300_000, 300],
    ['1m30s', 90_000, 90],
    ['1h 30m', 5_400_000, 5_400],
    ['1w1d', 691_200_000, 691_200],
    ['1 30', 31_000, 31],
    ['1s1', 2_000, 2],
    [' 1', 1_000, 1],
    ['1hm', 3_600_000, 3_600],
    ['500ms', 500, undefined],
    ['1s1ms', 1_001, undefined],
    ['5ms 4', 4_005, undefined],
    ['1y', undefined, 31_536_000],
    ['1M', undefined, 2_592_000],
    ['1y1M1w1d1h1m1s', undefined, 34_822_861],
  ])('%j is %s ms and %s s', (text, ms, s) => {
    expect(parseMilliseconds(text)).toBe(ms);
    expect(parseSeconds(text)).toBe(s);
  });

  it.each(['', 's', 'm', 'ms', '-1', '1.5', '1x', '1S', '1d1w', '1ms1s', '1m1m', '1s 1s', '9223372036854775808'])(
    '%j is not a time',
    (text) => {
      expect(parseMilliseconds(text)).toBeUndefined();
      expect(parseSeconds(text)).toBeUndefined();
    },
  );

  it('times are limited to 2^63 - 1 of their unit', () => {
    expect(parseMilliseconds('9223372036854775')).toBeDefined();
    expect(parseMilliseconds('9223372036854776')).toBeUndefined();
    expect(parseSeconds('9223372036854775807')).toBeDefined();
  });
});

describe('sizes', () => {
  it.each([
    ['8', 8, 8],
    ['8k', 8_192, 8_192],
    ['8K', 8_192, 8_192],
    ['1m', 1_048_576, 1_048_576],
    ['1g', undefined, 1_073_741_824],
    ['', undefined, undefined],
    ['k', undefined, undefined],
    ['1kk', undefined, undefined],
    ['8 k', undefined, undefined],
    ['-1', undefined, undefined],
    ['9007199254740992k', undefined, undefined],
  ])('%j is %s bytes, as an offset %s', (text, size, offset) => {
    expect(parseSize(text)).toBe(size);
    expect(parseOffset(text)).toBe(offset);
  });
});

it('parseInteger takes digits only', () => {
  expect(['0', '007', '12', '', '1 ', '-1', '1k', '0x1'].map(parseInteger)).toEqual([
    0,
    7,
    12,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
