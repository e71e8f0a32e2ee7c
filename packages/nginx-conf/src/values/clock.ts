const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** Offset of the local time zone: `+0200`, with `colon` `+02:00`. */
function zone(date: Date, colon: string): string {
  const minutes = -date.getTimezoneOffset();
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}${colon}${two(absolute % 60)}`;
}

function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Formats once per second, since all log lines of a second share the result. */
function perSecond(format: (date: Date) => string): (ms: number) => string {
  let second = Number.NaN;
  let text = '';
  return (ms) => {
    const now = Math.floor(ms / 1_000);
    if (now !== second) {
      text = format(new Date(now * 1_000));
      second = now;
    }
    return text;
  };
}

/** `$time_local`, the Common Log Format: `28/Sep/2026:12:00:00 +0000`. */
export const timeLocal = perSecond(
  (date) => `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}:${clock(date)} ${zone(date, '')}`,
);

/** `$time_iso8601`: `2026-09-28T12:00:00+00:00`. */
export const timeIso8601 = perSecond(
  (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${clock(date)}${zone(date, ':')}`,
);

/** Milliseconds as seconds with three decimals: `0.042`. */
export function seconds(ms: number): string {
  return (Math.max(0, Math.trunc(ms)) / 1_000).toFixed(3);
}
