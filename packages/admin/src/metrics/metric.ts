/** One metric of `GET /metrics`. */
export interface Metric<Status> {
  /** The name follows Prometheus' conventions: it contains the unit, and `_total` ends a counter. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Reads every value, with its labels in their order. Values with the same labels add up. */
  readonly read: (status: Status, add: (value: number, ...labels: readonly string[]) => void) => void;
}

/** The metric that every program has. */
export const BUILD_INFO = {
  name: 'pinwheel_build_info',
  help: '1, for the version of the program',
  labels: ['version'],
};

/** The type of a metric follows from its name. */
export function typeOf({ name }: Pick<Metric<never>, 'name'>): 'counter' | 'gauge' {
  return name.endsWith('_total') ? 'counter' : 'gauge';
}

/** Metrics as a Markdown table, for docs/metrics.md. */
export function metricsTable(metrics: readonly Omit<Metric<never>, 'read'>[]): string {
  const rows = [BUILD_INFO, ...metrics].map((metric) => {
    const labels = metric.labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${metric.name}\` | ${typeOf(metric)} | ${labels} | ${metric.help} |`;
  });
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}
