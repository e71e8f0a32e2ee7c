import { describe, expect, it } from 'vitest';
import { SHOWN_MAX, formatCount, formatMs, formatPayload, formatTick, shortId } from './format.js';

describe('formatMs', () => {
  it.each([
    [0, '0.0 ms'],
    [0.84, '0.8 ms'],
    [9.94, '9.9 ms'],
    [9.96, '10 ms'],
    [640.4, '640 ms'],
    [9_999.4, '9999 ms'],
    [9_999.6, '10.0 s'],
    [61_000, '61.0 s'],
  ])('formats %s as %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });
});

describe('formatTick', () => {
  it('changes to seconds from 1,000 ms', () => {
    expect([0.5, 500, 1_000, 2_000].map(formatTick)).toEqual(['0.5 ms', '500 ms', '1 s', '2 s']);
  });
});

describe('formatCount', () => {
  it('uses singular and plural', () => {
    expect(formatCount(1, 'member', 'members')).toBe('1 member');
    expect(formatCount(0, 'member', 'members')).toBe('0 members');
    expect(formatCount(10_000, 'member', 'members')).toBe('10,000 members');
  });
});

describe('shortId', () => {
  it('keeps a short id', () => {
    expect(shortId('abc')).toBe('abc');
    expect(shortId('mK2xQ9-DmXAAAB')).toBe('mK2xQ9');
  });
});

describe('formatPayload', () => {
  it('keeps a string unchanged, markup included', () => {
    expect(formatPayload('<b>hi</b>\n')).toBe('<b>hi</b>\n');
    expect(formatPayload('')).toBe('');
  });

  it('shows the size of binary data', () => {
    expect(formatPayload(new ArrayBuffer(1))).toBe('(binary, 1 byte)');
    expect(formatPayload(new Uint8Array(2_048).subarray(1_024))).toBe('(binary, 1,024 bytes)');
    expect(formatPayload(new Blob(['abc']))).toBe('(binary, 3 bytes)');
  });

  it('shows other values as JSON and nothing as nothing', () => {
    expect(formatPayload(42)).toBe('42');
    expect(formatPayload([1, 'a'])).toBe('[\n 1,\n "a"\n]');
    expect(formatPayload(null)).toBe('(nothing)');
    expect(formatPayload(undefined)).toBe('(nothing)');
  });

  it('cuts a text that is too long and adds its length', () => {
    const shown = formatPayload('x'.repeat(SHOWN_MAX + 1));
    expect(shown.length).toBeLessThan(SHOWN_MAX + 40);
    expect(shown.endsWith('… (20,001 characters)')).toBe(true);
    expect(formatPayload('x'.repeat(SHOWN_MAX))).toHaveLength(SHOWN_MAX);
  });
});
