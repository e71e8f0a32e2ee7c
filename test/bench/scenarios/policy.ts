import { once } from 'node:events';
import type { Forked } from '../process/launch.js';
import { launchFork, programFile } from '../process/launch.js';
import type { PolicyFigures } from '../programs/policy.js';
import type { Bench, Scenario, Variant } from './scenario.js';
import { chosenVariants, roundsOf } from './scenario.js';

const PATIENCE = 30_000;

const VARIANTS: readonly Variant[] = [2, 16, 256].map((peers) => {
  return { name: `${peers} peers`, parameters: { peers } };
});

/** Measures how long the balancer takes to choose a peer, without network. */
export const policy: Scenario = {
  name: 'policy',
  what: 'choosing a peer for requests of many addresses; nothing failed, all weights 1',
  subject: 'policy',
  contenders: false,
  columns: [
    { title: 'ns/pick', figure: 'nanoseconds', digits: 0 },
    { title: 'bytes/pick', figure: 'bytes', digits: 1 },
  ],
  async run(bench) {
    const execArgv = ['--expose-gc', '--max-semi-space-size=128', '--min-semi-space-size=128'];
    const program = await launchFork(programFile('policy'), [], { execArgv });
    try {
      for (const variant of chosenVariants(VARIANTS, bench.plan)) {
        bench.progress(`policy, ${variant.name}`);
        for (const round of roundsOf({ ...bench.plan, warmUpRound: true })) {
          const figures = await ask(program, variant.parameters['peers'] ?? 0);
          if (round > 0) report(bench, variant, round, figures);
        }
      }
    } finally {
      await program.stop();
    }
  },
};

async function ask({ child }: Forked, peers: number): Promise<readonly PolicyFigures[]> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const answered = once(child, 'message', { signal: patience.signal }) as Promise<[readonly PolicyFigures[]]>;
    child.send(peers);
    return (await answered)[0];
  } finally {
    clearTimeout(timer);
  }
}

function report(bench: Bench, variant: Variant, round: number, answer: readonly PolicyFigures[]): void {
  for (const { policy: name, nanoseconds, bytes } of answer) {
    bench.add({
      scenario: 'policy',
      variant: variant.name,
      parameters: variant.parameters,
      contender: name,
      round,
      figures: { nanoseconds, bytes },
    });
  }
}
