import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LineBuffer } from './line-buffer.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('buffered lines are written when one more does not fit, and a line longer than the buffer at once', () => {
  const written: string[] = [];
  const buffer = new LineBuffer({ size: 8 }, (lines) => written.push(lines));
  for (const line of ['abc\n', 'def\n', 'g\n', 'too long a line\n', 'h\n']) buffer.add(line);
  expect(written).toEqual(['abc\ndef\n', 'g\n', 'too long a line\n']);
  buffer.flush();
  buffer.flush();
  expect(written.slice(3)).toEqual(['h\n']);
});

test('the flush time counts from the first buffered line', () => {
  const written: string[] = [];
  const buffer = new LineBuffer({ size: 100, flush: 1_000 }, (lines) => written.push(lines));
  buffer.add('a\n');
  vi.advanceTimersByTime(900);
  buffer.add('b\n');
  vi.advanceTimersByTime(99);
  expect(written).toEqual([]);
  vi.advanceTimersByTime(1);
  buffer.add('c\n');
  vi.advanceTimersByTime(999);
  expect(written).toEqual(['a\nb\n']);
  vi.advanceTimersByTime(1);
  expect(written).toEqual(['a\nb\n', 'c\n']);
});
