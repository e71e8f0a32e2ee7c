import type { Sample } from '../aggregate.js';
import type { Contender } from '../contenders/contender.js';
import type { Clock } from '../load/job.js';
import type { Stages } from './stage.js';

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** The figure that it shows, and the reference that it is divided by. */
  readonly figure: string;
  readonly ratioTo?: 'nginx' | 'direct';
  /** The figure is divided by this. Default 1. */
  readonly unit?: number;
  /** The number of decimal places. */
  readonly digits: number;
}

/** The plan of a run. */
export interface Plan {
  /** The number of rounds that are counted. */
  readonly rounds: number;
  /** True for a warm-up round before them. */
  readonly warmUpRound: boolean;
  readonly clock: Clock;
  readonly quick: boolean;
  /** Only variants whose name contains one of these texts run; all when empty. */
  readonly variants: readonly string[];
}

/** The input of a scenario, and the functions that it reports to. */
export interface Bench {
  readonly plan: Plan;
  /** The contenders that are installed. */
  readonly contenders: readonly Contender[];
  /** The running backends and contenders, which stop at the end of the run. */
  readonly stages: Stages;
  add(sample: Sample): void;
  /** Reports something that could not be measured; the run continues. */
  failed(what: string, error: unknown): void;
  /** Prints progress. */
  progress(line: string): void;
}

export interface Scenario {
  readonly name: string;
  /** The line above the table. */
  readonly what: string;
  /** The title of the first column: contenders or policies. */
  readonly subject: string;
  /** True when contenders are measured. */
  readonly contenders: boolean;
  readonly columns: readonly Column[];
  run(bench: Bench): Promise<void>;
}

/** A variant: its name and parameters. */
export interface Variant {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
}

/** The requested variants. */
export function chosenVariants(variants: readonly Variant[], plan: Plan): readonly Variant[] {
  if (plan.variants.length === 0) return variants;
  return variants.filter(({ name }) => plan.variants.some((text) => name.includes(text)));
}

/** The numbers of the rounds; 0 is the warm-up round. */
export function roundsOf({ rounds, warmUpRound }: Plan): number[] {
  return Array.from({ length: rounds + (warmUpRound ? 1 : 0) }, (_, index) => index + (warmUpRound ? 0 : 1));
}
