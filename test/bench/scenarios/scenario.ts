import type { Sample } from '../aggregate.js';
import type { Contender } from '../contenders/contender.js';
import type { Clock } from '../load/job.js';
import type { Stages } from './stage.js';

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Which figure it shows, and divided by whose. */
  readonly figure: string;
  readonly ratioTo?: 'nginx' | 'direct';
  /** Shown is the figure divided by this. Default 1. */
  readonly unit?: number;
  /** Digits behind the point. */
  readonly digits: number;
}

/** How a run goes. */
export interface Plan {
  /** Rounds that count. */
  readonly rounds: number;
  /** A round before them that does not. */
  readonly warmUpRound: boolean;
  readonly clock: Clock;
  readonly quick: boolean;
  /** Variants whose name contains one of these; all when empty. */
  readonly variants: readonly string[];
}

/** What a scenario gets, and where it reports to. */
export interface Bench {
  readonly plan: Plan;
  /** Those that are installed. */
  readonly contenders: readonly Contender[];
  /** What runs already; ended when the run is over. */
  readonly stages: Stages;
  add(sample: Sample): void;
  /** Something could not be measured; the others go on. */
  failed(what: string, error: unknown): void;
  /** For people, while it runs. */
  progress(line: string): void;
}

export interface Scenario {
  readonly name: string;
  /** One line above the table. */
  readonly what: string;
  /** What the first column shows: contenders, or policies. */
  readonly subject: string;
  /** Contenders take part. */
  readonly contenders: boolean;
  readonly columns: readonly Column[];
  run(bench: Bench): Promise<void>;
}

/** Figures of a variant in words and numbers. */
export interface Variant {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
}

/** The variants that are asked for. */
export function chosenVariants(variants: readonly Variant[], plan: Plan): readonly Variant[] {
  if (plan.variants.length === 0) return variants;
  return variants.filter(({ name }) => plan.variants.some((text) => name.includes(text)));
}

/** Numbers of the rounds, 0 for the one that does not count. */
export function roundsOf({ rounds, warmUpRound }: Plan): number[] {
  return Array.from({ length: rounds + (warmUpRound ? 1 : 0) }, (_, index) => index + (warmUpRound ? 0 : 1));
}
