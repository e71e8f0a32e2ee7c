import type { Contender } from '../contenders/contender.js';
import type { Clock, Job } from '../load/job.js';
import type { Backends } from './backends.js';
import { Generator } from './generator.js';
import type { Bench, Column, Plan, Scenario, Variant } from './scenario.js';
import { chosenVariants, roundsOf } from './scenario.js';
import type { Stage } from './stage.js';

/** A scenario in which a generator loads one contender after the other. */
export interface LoadScenario {
  readonly name: string;
  /** The generator's job. Default: the one with the scenario's name. */
  readonly load?: Job['load'];
  /** The scenario's own contenders, which replace the requested ones. */
  readonly contenders?: readonly Contender[];
  readonly what: string;
  readonly columns: readonly Column[];
  readonly variants: readonly Variant[];
  readonly quickVariants: readonly Variant[];
  /** Starts the backends of the proxies. */
  readonly backends: () => Promise<Backends>;
  /** True for only those contenders that balance over several backends. Default false. */
  readonly balanced?: boolean;
  /** True when a contender restarts for each measurement; then there is no warm-up round. Default false. */
  readonly fresh?: boolean;
  /** Warm-up and window; default those of the plan. */
  clock?(planned: Clock): Clock;
  /** Why the scenario cannot run on this machine, or undefined. */
  obstacle?(variant: Variant): string | undefined;
}

export function loadScenario(scenario: LoadScenario): Scenario {
  return {
    name: scenario.name,
    what: scenario.what,
    subject: 'through',
    contenders: scenario.contenders === undefined,
    columns: scenario.columns,
    run: (bench) => run(scenario, bench),
  };
}

/** Every round measures all contenders, each time beginning with another one. */
async function run(scenario: LoadScenario, bench: Bench): Promise<void> {
  const plan = planOf(scenario, bench.plan);
  const stage = bench.stages.of(scenario.backends);
  const contenders =
    scenario.contenders ?? bench.contenders.filter((one) => scenario.balanced !== true || one.balances);
  const generator = new Generator();
  try {
    for (const variant of chosenVariants(plan.quick ? scenario.quickVariants : scenario.variants, plan)) {
      const obstacle = scenario.obstacle?.(variant);
      if (obstacle !== undefined) {
        bench.failed(`${scenario.name}, ${variant.name}`, obstacle);
        continue;
      }
      for (const round of roundsOf(plan)) {
        const shown = round === 0 ? 'warm-up' : `round ${round} of ${plan.rounds}`;
        bench.progress(`${scenario.name}, ${variant.name}: ${shown}`);
        const first = round % Math.max(1, contenders.length);
        for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
          await measure({ scenario, bench, plan, stage, generator, contender, variant, round });
        }
      }
    }
  } finally {
    await generator.stop();
  }
}

function planOf(scenario: LoadScenario, plan: Plan): Plan {
  const clock = scenario.clock?.(plan.clock) ?? plan.clock;
  return { ...plan, clock, warmUpRound: plan.warmUpRound && scenario.fresh !== true };
}

interface Measurement {
  readonly scenario: LoadScenario;
  readonly bench: Bench;
  readonly plan: Plan;
  readonly stage: Stage;
  readonly generator: Generator;
  readonly contender: Contender;
  readonly variant: Variant;
  readonly round: number;
}

async function measure(measurement: Measurement): Promise<void> {
  const { scenario, bench, plan, stage, generator, contender, variant, round } = measurement;
  const { warmUp, window } = plan.clock;
  try {
    if (scenario.fresh === true) await stage.drop(contender);
    const running = await stage.enter(contender);
    const figures = await generator.work({
      load: scenario.load ?? (scenario.name as Job['load']),
      urls: running.urls,
      parameters: variant.parameters,
      clock: round === 0 ? { warmUp: warmUp / 2, window: window / 2 } : plan.clock,
      proxy: running.proxy,
      backends: await stage.backendsOf(running),
    });
    if (round === 0) return;
    const { name, parameters } = variant;
    bench.add({ scenario: scenario.name, variant: name, parameters, contender: contender.name, round, figures });
  } catch (error) {
    bench.failed(`${scenario.name}, ${variant.name}, ${contender.name}, round ${round}`, error);
    // After any failure the next measurement starts a new process.
    await stage.drop(contender);
  }
}
