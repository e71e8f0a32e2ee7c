import { now } from '../net/clock.js';

/** When the text is out of date, in milliseconds of `now()`, which is cheaper than `Date.now()`: once per read. */
let until = Number.NEGATIVE_INFINITY;
let text = '';

/** The value of a `Date` field (RFC 9110 5.6.7), composed once a second. */
export function httpDate(): string {
  const time = now();
  if (time >= until) {
    const date = Date.now();
    until = time + 1_000 - (date % 1_000);
    text = new Date(date).toUTCString();
  }
  return text;
}
