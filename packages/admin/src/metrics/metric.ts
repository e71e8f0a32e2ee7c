/** One metric of `GET /metrics`. */
export interface Metric<Status> {
  /** By Prometheus' conventions: unit in the name, `_total` for what is counted. */
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  /** Tells every value, with the labels in their order; values with the same labels add up. */
  readonly read: (status: Status, add: (value: number, ...labels: readonly string[]) => void) => void;
}
