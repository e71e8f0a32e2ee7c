import { now } from '../net/clock.js';

/** When `current` is out of date, in milliseconds of `now()`, which is cheaper than `Date.now()`: once per read. */
let until = Number.NEGATIVE_INFINITY;
let current = '';

/** The value of a `Date` field (RFC 9110 5.6.7), composed once a second. */
export function httpDate(): string {
  const time = now();
  if (time >= until) {
    const date = Date.now();
    until = time + 1_000 - (date % 1_000);
    current = new Date(date).toUTCString();
  }
  return current;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The three forms of RFC 9110 5.6.7. As in nginx, the day of the week and the text after the time are ignored. */
const FIXED =
  /^[^, ]*, *(?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)/;
const RFC_850 =
  /^[^, ]*, *(?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)/;
const ASCTIME =
  /^ *[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) (?<year>\d{4})/;

/**
 * Parses the time in a field such as `If-Modified-Since`.
 *
 * @returns seconds since the epoch; undefined for an invalid time
 * @example parseHttpTime('Sun, 06 Nov 1994 08:49:37 GMT') // 784111777
 */
export function parseHttpTime(text: string): number | undefined {
  const parts = (FIXED.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text))?.groups;
  if (parts === undefined) return undefined;
  const { day = '', month = '', year = '', hour = '', minute = '', second = '' } = parts;
  const years = Number(year) + (year.length > 2 ? 0 : Number(year) < 70 ? 2_000 : 1_900);
  const date = new Date(0);
  date.setUTCFullYear(years, MONTHS.indexOf(month), Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  // An invalid day or time, such as 31 April, has overflowed into another one.
  const same =
    date.getUTCFullYear() === years &&
    MONTHS[date.getUTCMonth()] === month &&
    date.getUTCDate() === Number(day) &&
    date.getUTCHours() === Number(hour) &&
    date.getUTCMinutes() === Number(minute) &&
    date.getUTCSeconds() === Number(second);
  return same ? date.getTime() / 1_000 : undefined;
}
