const MAX_INT = 2n ** 63n - 1n;

/** Digits only, at most 2^63 - 1. */
function digits(text: string): bigint | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text);
  return value > MAX_INT ? undefined : value;
}

function scaled(text: string, scales: Readonly<Record<string, bigint>>): number | undefined {
  const scale = scales[text.slice(-1).toLowerCase()];
  const value = digits(scale === undefined ? text : text.slice(0, -1));
  if (value === undefined || value > MAX_INT / (scale ?? 1n)) return undefined;
  return Number(value * (scale ?? 1n));
}

const KIB = 1024n;

/** A whole number, as `worker_connections` takes it; undefined for anything else. */
export function parseInteger(text: string): number | undefined {
  const value = digits(text);
  return value === undefined ? undefined : Number(value);
}

/** Bytes: a number, `k` or `m` after it (`8k`), as nginx's `ngx_parse_size`. */
export function parseSize(text: string): number | undefined {
  return scaled(text, { k: KIB, m: KIB ** 2n });
}

/** Bytes of something that may be larger than memory: like `parseSize`, and `g`. */
export function parseOffset(text: string): number | undefined {
  return scaled(text, { k: KIB, m: KIB ** 2n, g: KIB ** 3n });
}

const MINUTE = 60n;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;

/**
 * The units from large to small, since each must be smaller than the one before it. Scales are seconds; `ms` has none.
 */
const UNITS: readonly (readonly [unit: string, scale: bigint])[] = [
  ['y', 365n * DAY],
  ['M', 30n * DAY],
  ['w', 7n * DAY],
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', 1n],
  ['ms', 0n],
  ['', 1n],
];
const MONTH = 1;
const SECOND = 6;
const LAST = 8;

/**
 * A time as nginx's `ngx_parse_time`: numbers with units from large to small (`1m30s`, `1h 30m`), seconds without one.
 * Directives in seconds take no `ms`; directives in milliseconds take neither `y` nor `M`.
 *
 * @returns seconds or milliseconds, by the directive's resolution; undefined when the text is not such a time
 */
function parseTime(text: string, resolution: 's' | 'ms'): number | undefined {
  const inSeconds = resolution === 's';
  const perSecond = inSeconds ? 1n : 1000n;
  let step = inSeconds ? -1 : MONTH;
  let total = 0n;
  let rest = text;
  let pending: bigint | undefined;
  let valid = false;
  while (rest !== '') {
    const [, number = '', unit, spaces = ''] = /^([0-9]*)(ms|[yMwdhms ]|$)( *)/.exec(rest) ?? [];
    if (unit === undefined) return undefined;
    // A unit without a number, behind another one, counts as zero, as in nginx.
    const value = number === '' ? 0n : digits(number);
    if (value === undefined) return undefined;
    if (number !== '') valid = true;
    rest = rest.slice(number.length + unit.length + spaces.length);
    if (unit === '') {
      pending = value;
      break;
    }
    const next = unit === ' ' ? LAST : UNITS.findIndex(([name]) => name === unit);
    if (unit === 'ms' && inSeconds) return undefined;
    // A number without a unit, followed by a space, is in seconds, so seconds must not precede it.
    if (unit === ' ' ? step >= SECOND : next <= step) return undefined;
    step = next;
    const scale = unit === 'ms' ? 1n : (UNITS[next]?.[1] ?? 1n) * perSecond;
    if (value > MAX_INT / scale) return undefined;
    total += value * scale;
    if (total > MAX_INT) return undefined;
  }
  if (!valid) return undefined;
  if (pending !== undefined) {
    if (pending > MAX_INT / perSecond) return undefined;
    total += pending * perSecond;
  }
  return total > MAX_INT ? undefined : Number(total);
}

/** Milliseconds, for directives such as `proxy_read_timeout`: `60`, `300s`, `1m30s`, `500ms`. */
export function parseMilliseconds(text: string): number | undefined {
  return parseTime(text, 'ms');
}

/** Seconds, for directives such as `fail_timeout` and `ssl_session_timeout`: `10`, `1d`, `1y`. */
export function parseSeconds(text: string): number | undefined {
  return parseTime(text, 's');
}
