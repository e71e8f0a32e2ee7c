import { closeSync, openSync } from 'node:fs';
import { HELP, integer, type Program, readCommand, settings, text, wrongValue } from '@pinwheel/cli';
import { CONTENDERS } from './contenders/all.js';
import type { Contender } from './contenders/contender.js';
import { ON_REQUEST, SCENARIOS } from './scenarios/all.js';
import type { Plan, Scenario } from './scenarios/scenario.js';

/** The longest window that can be requested, in seconds. */
const MAX_SECONDS = 600;

const FULL = { rounds: 5, warmUpRound: true, clock: { warmUp: 500, window: 2_000 } } as const;
const QUICK = { rounds: 1, warmUpRound: true, clock: { warmUp: 100, window: 500 } } as const;

const names = (all: readonly { readonly name: string }[]): string => all.map(({ name }) => wordOf(name)).join(', ');

const SETTINGS = settings({
  scenario: {
    value: text('NAME'),
    many: 'repeated',
    help: `measures only this scenario: ${names(SCENARIOS)}; on request: ${names(ON_REQUEST)}`,
  },
  contender: { value: text('NAME'), many: 'repeated', help: `measures only this contender: ${names(CONTENDERS)}` },
  variant: {
    value: text('TEXT'),
    many: 'repeated',
    example: '"50 x 64 B"',
    help: 'measures only variants whose name contains this text',
  },
  rounds: {
    value: integer(1, 1_000),
    otherwise: `${FULL.rounds}, with \`--quick\` ${QUICK.rounds}`,
    help: 'rounds that are counted, after one for warm-up',
  },
  seconds: {
    value: { placeholder: 'S', read: readSeconds },
    otherwise: `${FULL.clock.window / 1_000}, with \`--quick\` ${QUICK.clock.window / 1_000}`,
    help: 'seconds that each round is measured; CPU time has a resolution of 10 ms',
  },
  quick: {
    help: 'a few small variants, under 90 s in all: checks that everything runs, and measures nothing reliably',
  },
  json: { value: { placeholder: 'FILE', read: readWritable }, help: "also writes every round's figures to this file" },
  help: HELP,
});

export const PROGRAM: Program = {
  name: 'bench',
  usage: ['npm run bench -- [flags]'],
  summary: 'Measures Pinwheel and others side by side on this machine. Tables on stdout, progress on stderr.',
  settings: SETTINGS,
  notes: [
    'REDIS_URL: the Redis to use; without it the benchmark starts redis-server.',
    'Exit code: 0, 1 when something could not be measured, 2 for a mistake on the command line.',
  ],
};

export interface Command {
  readonly scenarios: readonly Scenario[];
  readonly contenders: readonly Contender[];
  readonly plan: Plan;
  readonly json: string | undefined;
}

/**
 * Reads the command line of the benchmark.
 *
 * @returns undefined when it asks for the help text
 * @throws UsageError for the first mistake
 */
export function readBenchCommand(args: readonly string[]): Command | undefined {
  const command = readCommand(SETTINGS, { args });
  if (command.kind !== 'run') return undefined;
  const { scenario, contender, variant, rounds, seconds, quick, json } = command.values;
  const basis = quick ? QUICK : FULL;
  return {
    scenarios: scenario.length === 0 ? SCENARIOS : choose('--scenario', scenario, [...SCENARIOS, ...ON_REQUEST]),
    contenders: contender.length === 0 ? CONTENDERS : choose('--contender', contender, CONTENDERS),
    plan: {
      rounds: rounds ?? basis.rounds,
      warmUpRound: basis.warmUpRound,
      clock: { ...basis.clock, window: seconds ?? basis.clock.window },
      quick,
      variants: variant,
    },
    json,
  };
}

function choose<T extends { readonly name: string }>(
  flag: string,
  words: readonly string[],
  all: readonly T[],
): readonly T[] {
  for (const word of words) {
    if (!all.some(({ name }) => isCalled(name, word))) throw wrongValue(flag, `one of ${names(all)}`, word);
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

/** A run may take an hour, so a file that cannot be written is reported before it starts. */
function readWritable(flag: string, file: string): string {
  try {
    closeSync(openSync(file, 'a'));
    return file;
  } catch {
    throw wrongValue(flag, 'a file that can be written', file);
  }
}

/** Milliseconds. */
function readSeconds(flag: string, given: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
  if (seconds >= 0.1 && seconds <= MAX_SECONDS) return seconds * 1_000;
  throw wrongValue(flag, `a number from 0.1 to ${MAX_SECONDS}`, given);
}
