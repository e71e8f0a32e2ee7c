import { now } from '../net/clock.js';

/** When the text is out of date, in `now()`: that is asked of the clock once a read, and the system's is not. */
let until = Number.NEGATIVE_INFINITY;
let text = '';

/** The `Date` field for now (RFC 9110 5.6.7), made once a second. */
export function httpDate(): string {
  const time = now();
  if (time >= until) {
    const date = Date.now();
    until = time + 1_000 - (date % 1_000);
    text = new Date(date).toUTCString();
  }
  return text;
}
