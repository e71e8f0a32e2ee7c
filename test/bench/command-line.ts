import { closeSync, openSync } from 'node:fs';
import { type FlagKind, readFlags, readInteger, UsageError } from '@pinwheel/balancer';
import { CONTENDERS } from './contenders/all.js';
import type { Contender } from './contenders/contender.js';
import { ON_REQUEST, SCENARIOS } from './scenarios/all.js';
import type { Plan, Scenario } from './scenarios/scenario.js';

/** Most seconds that a window is asked to take. */
const MAX_SECONDS = 600;

const FULL = { rounds: 5, warmUpRound: true, clock: { warmUp: 500, window: 2_000 } } as const;
const QUICK = { rounds: 1, warmUpRound: true, clock: { warmUp: 100, window: 500 } } as const;

const KINDS = {
  scenario: 'list',
  contender: 'list',
  variant: 'list',
  rounds: 'value',
  seconds: 'value',
  quick: 'switch',
  json: 'value',
  help: 'switch',
} as const satisfies Record<string, FlagKind>;

const names = (all: readonly { readonly name: string }[]): string => all.map(({ name }) => wordOf(name)).join(', ');

export const HELP = `usage: npm run bench -- [flags]

Measures Pinwheel and others side by side on this machine. Tables on stdout, progress on stderr.

  --scenario NAME   only this one; may be repeated
                    ${names(SCENARIOS)};
                    only when asked for: ${names(ON_REQUEST)}
  --contender NAME  only this one; may be repeated
                    ${names(CONTENDERS.slice(0, 6))},
                    ${names(CONTENDERS.slice(6))}
  --variant TEXT    only variants whose name contains it, such as "50 x 64 B"; may be repeated
  --rounds N        rounds that count (${FULL.rounds}; with --quick ${QUICK.rounds})
  --seconds S       what is measured in one round (${FULL.clock.window / 1_000}; with --quick ${QUICK.clock.window / 1_000}); CPU time is counted in
                    hundredths of a second
  --quick           a few small variants, under 90 s in all; good to see that it runs, not for conclusions
  --json FILE       every round's figures too
  --help            show this text

REDIS_URL takes the place of a redis-server of its own. Exit code: 0, 1 when something could not be measured, 2 for a
command line that does not fit.
`;

export interface Command {
  readonly help: boolean;
  readonly scenarios: readonly Scenario[];
  readonly contenders: readonly Contender[];
  readonly plan: Plan;
  readonly json: string | undefined;
}

/**
 * Reads the command line of the benchmark.
 *
 * @throws UsageError for one that does not fit
 */
export function readCommand(args: readonly string[]): Command {
  const flags = readFlags(args, KINDS);
  const basis = flags.has('quick') ? QUICK : FULL;
  const rounds = flags.value('rounds');
  const seconds = flags.value('seconds');
  const scenarios = flags.list('scenario');
  const contenders = flags.list('contender');
  return {
    help: flags.has('help'),
    scenarios: scenarios.length === 0 ? SCENARIOS : choose('--scenario', scenarios, [...SCENARIOS, ...ON_REQUEST]),
    contenders: contenders.length === 0 ? CONTENDERS : choose('--contender', contenders, CONTENDERS),
    plan: {
      rounds: rounds === undefined ? basis.rounds : readInteger('--rounds', rounds, 1, 1_000),
      warmUpRound: basis.warmUpRound,
      clock: { ...basis.clock, window: seconds === undefined ? basis.clock.window : readSeconds(seconds) },
      quick: flags.has('quick'),
      variants: flags.list('variant'),
    },
    json: readWritable(flags.value('json')),
  };
}

function choose<T extends { readonly name: string }>(
  flag: string,
  words: readonly string[],
  all: readonly T[],
): readonly T[] {
  for (const word of words) {
    if (!all.some(({ name }) => isCalled(name, word))) throw new UsageError(flag, `one of ${names(all)}`, word);
  }
  return all.filter(({ name }) => words.some((word) => isCalled(name, word)));
}

/** `pinwheel tunnel` is also `pinwheel-tunnel`. */
function isCalled(name: string, word: string): boolean {
  return wordOf(word) === wordOf(name);
}

function wordOf(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-');
}

/** The run may take an hour: a file that cannot be written is told before it. */
function readWritable(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    closeSync(openSync(file, 'a'));
    return file;
  } catch {
    throw new UsageError('--json', 'a file that can be written', file);
  }
}

/** Milliseconds. */
function readSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 0.1 && seconds <= MAX_SECONDS) return seconds * 1_000;
  throw new UsageError('--seconds', `a number from 0.1 to ${MAX_SECONDS}`, text);
}
