/** The figures of one contender in one round of one variant of a scenario. */
export interface Sample {
  readonly scenario: string;
  readonly variant: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly contender: string;
  /** The number of the round, from 1; the warm-up round is not kept. */
  readonly round: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** A contender's figures over all rounds. */
export interface Row {
  readonly scenario: string;
  readonly variant: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly contender: string;
  readonly rounds: number;
  /** The median of each figure over the rounds. */
  readonly median: Readonly<Record<string, number>>;
  /** The least and the greatest value of each figure. */
  readonly range: Readonly<Record<string, readonly [number, number]>>;
  /**
   * The median over the rounds of each figure divided by that of nginx, or of a direct connection, in the same round.
   */
  readonly toNginx: Readonly<Record<string, number>>;
  readonly toDirect: Readonly<Record<string, number>>;
}

/** The contenders that a contender is compared with. */
export interface References {
  readonly nginx: string;
  readonly direct: string;
}

/** The middle value, or the mean of the two middle values if their number is even; NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * One row per contender and variant, in the order in which they first appear. Ratios compare measurements of one round,
 * at most minutes apart, so that a machine that becomes slower during the run does not change them.
 */
export function aggregate(samples: readonly Sample[], referencesOf: (contender: string) => References): Row[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = keyOf(sample.scenario, sample.variant, sample.contender);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sample]);
    else group.push(sample);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { scenario, variant, parameters, contender } = first;
    const references = referencesOf(contender);
    return {
      scenario,
      variant,
      parameters,
      contender,
      rounds: group.length,
      median: perFigure(group, median),
      range: perFigure(group, (values): [number, number] => [Math.min(...values), Math.max(...values)]),
      toNginx: ratios(group, groups.get(keyOf(scenario, variant, references.nginx))),
      toDirect: ratios(group, groups.get(keyOf(scenario, variant, references.direct))),
    };
  });
}

function keyOf(scenario: string, variant: string, contender: string): string {
  return JSON.stringify([scenario, variant, contender]);
}

function perFigure<T>(group: readonly Sample[], of: (values: readonly number[]) => T): Record<string, T> {
  const names = new Set(group.flatMap((sample) => Object.keys(sample.figures)));
  const found: Record<string, T> = {};
  for (const name of names) found[name] = of(group.flatMap((sample) => sample.figures[name] ?? []));
  return found;
}

function ratios(group: readonly Sample[], others: readonly Sample[] = []): Record<string, number> {
  const values: Record<string, number[]> = {};
  for (const { round, figures } of group) {
    const other = others.find((one) => one.round === round);
    for (const [name, value] of Object.entries(figures)) {
      const divisor = other?.figures[name];
      if (divisor !== undefined && divisor !== 0) (values[name] ??= []).push(value / divisor);
    }
  }
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, median(all)]));
}
