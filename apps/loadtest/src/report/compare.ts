import { readFileSync } from 'node:fs';
import { HELP, helpText, type Kind, type Program, readCommand, settings, UsageError, wrongValue } from '@pinwheel/cli';
import { showValue, table } from './format.js';
import { metricsOf } from './metrics.js';
import type { Result } from './result.js';

/** The metrics that are compared. Counts of faults regress when there is one more; the others by percent. */
const HIGHER_IS_WORSE = [
  'latency.p50',
  'latency.p90',
  'latency.p99',
  'latency.p999',
  'latency.max',
  'handshake.p99',
  'connect.p99',
  'upgrade.p99',
  'reconnect.p99',
];
const LOWER_IS_WORSE = ['deliveries.rate'];
const FAULTS = ['missing', 'late', 'duplicated', 'outOfOrder', 'connect.failed', 'neverReturned'];
/** Shown, but never a regression: each is one value of many thousands. */
const SHOWN_ONLY = new Set(['latency.max', 'latency.p999']);
/** Milliseconds below which a difference is noise, however many percent it is. */
const NOISE_MS = 1;

const PERCENT: Kind<number> = {
  placeholder: 'P%',
  read(name, text) {
    const percent = /^(\d{1,4}(?:\.\d+)?)%?$/.exec(text)?.[1];
    if (percent === undefined) throw wrongValue(name, 'a percentage such as 10%', text);
    return Number(percent);
  },
};

/** The flags of `pinwheel-load compare`. */
export const COMPARE_SETTINGS = settings({
  maxRegress: { value: PERCENT, default: '10%', help: 'how much worse a figure may become' },
  help: HELP,
});

const COMPARE: Program = {
  name: 'pinwheel-load compare',
  usage: ['pinwheel-load compare A.json B.json [flags]'],
  summary: 'Compares run B with run A. Both files are reports that `--json` of a run wrote.',
  settings: COMPARE_SETTINGS,
  notes: ['Exit code: 0 no regression, 2 a mistake on the command line, 99 B is worse than A.'],
};

export interface Comparison {
  readonly rows: readonly ComparedMetric[];
  readonly regressed: readonly string[];
}

export interface ComparedMetric {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** Percent; undefined where it was 0 before. */
  readonly change: number | undefined;
  readonly regressed: boolean;
}

/** Compares run B with run A. @param maxRegress percent by which a figure may become worse */
export function compare(a: Result, b: Result, maxRegress: number): Comparison {
  const [before, after] = [metricsOf(a.stage), metricsOf(b.stage)];
  const rows = [...HIGHER_IS_WORSE, ...LOWER_IS_WORSE, ...FAULTS].flatMap((name): ComparedMetric[] => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === undefined || is === undefined) return [];
    const change = was === 0 ? undefined : ((is - was) / was) * 100;
    return [{ name, before: was, after: is, change, regressed: isWorse(name, was, is, maxRegress) }];
  });
  if (a.knee !== undefined && b.knee !== undefined) {
    const [was, is] = [a.knee.clients, b.knee.clients];
    const regressed = is < was * (1 - maxRegress / 100);
    rows.push({
      name: 'knee',
      before: was,
      after: is,
      change: was === 0 ? undefined : ((is - was) / was) * 100,
      regressed,
    });
  }
  return { rows, regressed: rows.filter((row) => row.regressed).map((row) => row.name) };
}

function isWorse(name: string, was: number, is: number, maxRegress: number): boolean {
  if (SHOWN_ONLY.has(name)) return false;
  if (FAULTS.includes(name)) return is > was;
  if (LOWER_IS_WORSE.includes(name)) return is < was * (1 - maxRegress / 100);
  return is > was * (1 + maxRegress / 100) && is - was > NOISE_MS;
}

/**
 * `compare A.json B.json [--max-regress 10%]`, or `compare --help`.
 *
 * @returns the exit code: 0, or 99 when B is worse than A
 * @throws UsageError for a mistake on the command line, or a file that is no report
 */
export function compareFiles(args: readonly string[], print: (line: string) => void): number {
  const command = readCommand(COMPARE_SETTINGS, { args, maxWords: 2 });
  if (command.kind !== 'run') {
    print(helpText(COMPARE).trimEnd());
    return 0;
  }
  const percent = command.values.maxRegress;
  const [fileA, fileB] = command.words;
  if (fileA === undefined || fileB === undefined) {
    throw new UsageError('compare needs two files, such as compare A.json B.json');
  }
  const [a, b] = [readResult(fileA), readResult(fileB)];
  for (const difference of differences(a, b)) print(`note: ${difference}`);
  for (const [name, result] of [
    ['A', a],
    ['B', b],
  ] as const) {
    if (result.outcome.state === 'invalid' || result.outcome.state === 'failed') {
      print(`note: ${name} is ${result.outcome.state}: ${result.outcome.reasons[0] ?? ''}`);
    }
  }
  const { regressed, rows } = compare(a, b, percent);
  const lines = table([
    ['', 'A', 'B', 'change', ''],
    ...rows.map((row) => [
      row.name,
      showValue(row.before),
      showValue(row.after),
      row.change === undefined ? '' : `${row.change >= 0 ? '+' : ''}${row.change.toFixed(1)} %`,
      row.regressed ? 'WORSE' : '',
    ]),
  ]);
  for (const one of lines) print(one);
  print(regressed.length === 0 ? 'no regression' : `regressed: ${regressed.join(', ')} (allowed: ${percent} %)`);
  return regressed.length === 0 ? 0 : 99;
}

/** The options in which two runs differ: their figures then say little about each other. */
function differences(a: Result, b: Result): string[] {
  const names = ['clients', 'rooms', 'roomSize', 'mode', 'rate', 'size', 'durationMs', 'transports'] as const;
  return names.flatMap((name) => {
    const [left, right] = [JSON.stringify(a.options[name]), JSON.stringify(b.options[name])];
    return left === right ? [] : [`not the same load: ${name} ${left} and ${right}`];
  });
}

/** @throws UsageError when the file is no report of this program */
export function readResult(file: string): Result {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw wrongValue(file, 'a report that --json wrote', text.slice(0, 40));
  }
  if (!isResult(parsed)) throw wrongValue(file, 'a report of version 1 that --json wrote', text.slice(0, 40));
  return parsed;
}

function isResult(value: unknown): value is Result {
  return (
    typeof value === 'object' &&
    value !== null &&
    'format' in value &&
    value.format === 'pinwheel-load' &&
    'version' in value &&
    value.version === 1 &&
    'stage' in value
  );
}
