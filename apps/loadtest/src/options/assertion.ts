import { type Kind, wrongValue } from '@pinwheel/cli';

const OPERATORS = {
  '<': (left: number, right: number) => left < right,
  '<=': (left: number, right: number) => left <= right,
  '>': (left: number, right: number) => left > right,
  '>=': (left: number, right: number) => left >= right,
  '==': (left: number, right: number) => left === right,
  '!=': (left: number, right: number) => left !== right,
} as const;

export type Operator = keyof typeof OPERATORS;

/** The figures that can be asserted; times are milliseconds. */
export const METRICS = [
  ...withPercentiles('latency'),
  ...withPercentiles('sendLatency'),
  ...withPercentiles('handshake'),
  ...withPercentiles('connect'),
  ...withPercentiles('upgrade'),
  ...withPercentiles('reconnect'),
  'connect.failed',
  'connect.attemptsFailed',
  'scheduled',
  'sent',
  'unsent',
  'expected',
  'received',
  'missing',
  'missing.online',
  'missing.offline',
  'missing.connected',
  'late',
  'duplicated',
  'outOfOrder',
  'unexpected',
  'deliveries.rate',
  'disconnects',
  'reconnects',
  'neverReturned',
  'skew',
];

function withPercentiles(name: string): string[] {
  return ['p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean'].map((one) => `${name}.${one}`);
}

/** `latency.p99<250`: a metric, how it compares, a number. */
export interface Assertion {
  readonly text: string;
  readonly metric: string;
  readonly operator: Operator;
  readonly limit: number;
}

/** The result of an assertion. `got` is undefined when nothing was measured; then the assertion does not hold. */
export interface Verdict {
  readonly text: string;
  readonly got: number | undefined;
  readonly holds: boolean;
}

/** `latency.p99<250`. */
export const ASSERTION: Kind<Assertion> = { placeholder: "'M<N'", read: readAssertion };

function readAssertion(name: string, text: string): Assertion {
  const parts = /^\s*([A-Za-z0-9.]+)\s*(<=|>=|==|!=|<|>)\s*(\d+(?:\.\d+)?)\s*$/.exec(text);
  const operator = Object.keys(OPERATORS).find((one): one is Operator => one === parts?.[2]);
  if (parts === null || operator === undefined) {
    throw wrongValue(name, "an assertion such as 'latency.p99<250' or 'missing==0'", text);
  }
  const metric = parts[1] ?? '';
  if (!METRICS.includes(metric)) {
    throw wrongValue(name, 'a metric that --help lists, such as latency.p99, missing or neverReturned', metric);
  }
  return { text: text.trim(), metric, operator, limit: Number(parts[3]) };
}

/** Compares an assertion with what was measured. */
export function judge(assertion: Assertion, metrics: ReadonlyMap<string, number>): Verdict {
  const got = metrics.get(assertion.metric);
  return {
    text: assertion.text,
    got,
    holds: got !== undefined && OPERATORS[assertion.operator](got, assertion.limit),
  };
}
