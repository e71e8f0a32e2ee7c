import { OptionError } from './option-error.js';

/**
 * Reads a whole number.
 *
 * @throws OptionError when `text` is not one from `min` to `max`
 */
export function readWhole(option: string, text: string, min: number, max: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= min && number <= max)) throw new OptionError(option, `a whole number from ${min} to ${max}`, text);
  return number;
}

/**
 * Reads a number that may have a fraction.
 *
 * @throws OptionError when `text` is not one above 0 and up to `max`
 */
export function readPositive(option: string, text: string, max: number): number {
  const number = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number > 0 && number <= max)) throw new OptionError(option, `a number above 0 and up to ${max}`, text);
  return number;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Reads a time such as `500ms`, `20s`, `1m30s`, `1h`; a bare number is seconds. The answer is in milliseconds.
 *
 * @throws OptionError when it is none, or none from `minMs` to 24 hours
 */
export function readTime(option: string, text: string, minMs = 0): number {
  const expected = `a time such as 500ms, 20s or 1m30s${minMs > 0 ? `, at least ${minMs}ms` : ''}, at most 24h`;
  let ms = 0;
  if (/^\d{1,6}(\.\d{1,3})?$/.test(text)) ms = Number(text) * 1_000;
  else if (/^(\d{1,8}(\.\d{1,3})?(ms|s|m|h))+$/.test(text)) {
    for (const [, number, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g))
      ms += Number(number) * (UNITS[unit ?? ''] ?? 0);
  } else throw new OptionError(option, expected, text);
  if (ms < minMs || ms > 86_400_000) throw new OptionError(option, expected, text);
  return ms;
}

/** A time as {@link readTime} reads it: `20s`, `500ms`. */
export function showTime(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
