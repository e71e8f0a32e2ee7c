/** A count: all digits up to 99,999, then three digits with `k`, `M` or `G`. */
export function formatCount(count: number): string {
  if (count < 100_000) return Math.round(count).toLocaleString('en');
  return scaled(count, 1_000, ['', 'k', 'M', 'G', 'T']);
}

/** A rate per second, with tenths below 10. */
export function formatRate(rate: number): string {
  if (rate === 0) return '0';
  return rate < 9.95 ? rate.toFixed(1) : formatCount(rate);
}

/** Bytes in powers of 1,024. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${Math.round(bytes)} B`;
  return scaled(bytes, 1_024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']);
}

/** Seconds, in its two largest units: `4 s`, `3 m 12 s`, `2 d 5 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.floor(seconds);
  const units = [
    ['d', Math.floor(whole / 86_400)],
    ['h', Math.floor(whole / 3_600) % 24],
    ['m', Math.floor(whole / 60) % 60],
    ['s', whole % 60],
  ] as const;
  const first = units.findIndex(([, count]) => count > 0);
  if (first < 0) return '0 s';
  const shown = units.slice(first, first + 2).filter(([, count], at) => at === 0 || count > 0);
  return shown.map(([unit, count]) => `${count} ${unit}`).join(' ');
}

/** An age in whole seconds. */
export function formatAgo(seconds: number): string {
  return seconds < 1.5 ? 'now' : `${formatDuration(seconds)} ago`;
}

/** Milliseconds, with tenths below 10. */
export function formatMs(ms: number): string {
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en')} ms`;
}

/** A share of 1 as a percentage. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Three digits with the unit for that power. */
function scaled(value: number, base: number, units: readonly string[]): string {
  let left = value;
  let power = 0;
  while (left >= 999.5 && power < units.length - 1) {
    left /= base;
    power++;
  }
  const digits = left < 9.995 ? 2 : left < 99.95 ? 1 : 0;
  return `${left.toFixed(digits)}${units[power] ?? ''}`;
}
