import type { Row } from './aggregate.js';
import type { Column, Scenario } from './scenarios/scenario.js';

/**
 * The rows of one scenario as Markdown, one table per variant.
 *
 * @param window milliseconds that a measurement took
 */
export function formatTables(scenario: Scenario, rows: readonly Row[], window: number): string {
  const own = rows.filter((row) => row.scenario === scenario.name);
  if (own.length === 0) return '';
  const variants = [...new Set(own.map((row) => row.variant))];
  const tables = variants.map((variant) => {
    const lines = own.filter((row) => row.variant === variant);
    // A column without any value is left out.
    const columns = scenario.columns.filter((column) => lines.some((row) => valueOf(row, column) !== undefined));
    const cells = [
      [`${variant}, ${scenario.subject}`, ...columns.map(({ title }) => title)],
      ...lines.map((row) => [row.contender, ...columns.map((column) => format(row, column))]),
    ];
    return align(cells);
  });
  const most = Math.max(...own.map((row) => row.rounds));
  const rounds = most === 1 ? 'one round' : `medians of ${most} rounds`;
  const each = scenario.contenders ? ` of ${window / 1_000} s` : '';
  return `## ${scenario.name}\n\n${scenario.what}; ${rounds}${each}\n\n${tables.join('\n')}`;
}

function valueOf(row: Row, { figure, ratioTo }: Column): number | undefined {
  if (ratioTo === 'nginx') return row.toNginx[figure];
  return ratioTo === 'direct' ? row.toDirect[figure] : row.median[figure];
}

function format(row: Row, column: Column): string {
  const value = valueOf(row, column);
  return value === undefined ? '-' : (value / (column.unit ?? 1)).toFixed(column.digits);
}

/** The first column is left-aligned, numbers are right-aligned. */
function align(cells: readonly (readonly string[])[]): string {
  const [head = []] = cells;
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0), 3));
  const line = (row: readonly string[]): string => {
    const padded = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${padded.join(' | ')} |\n`;
  };
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const [first = [], ...others] = cells;
  return line(first) + line(rule) + others.map(line).join('');
}
