/** A number for people: `12,345`, `1.25`. */
export function showValue(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return withCommas(Math.round(value));
  return value.toPrecision(3).replace(/\.?0+$/, '');
}

/** `toLocaleString` is not used, because it takes 40 ms to load all languages. */
function withCommas(whole: number): string {
  return String(whole).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Milliseconds with their unit; a dash for undefined. */
export function showMs(ms: number | undefined): string {
  if (ms === undefined) return '-';
  return ms >= 10_000 ? `${showValue(ms / 1_000)} s` : `${showValue(ms)} ms`;
}

export function showBytes(bytes: number): string {
  return bytes >= 1_048_576 ? `${showValue(bytes / 1_048_576)} MB` : `${showValue(bytes / 1_024)} KB`;
}

/** Lines of a table. The first column is aligned to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
