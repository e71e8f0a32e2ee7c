/** `npm run bench`: reads the command line, measures, prints. See README.md. */
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { helpText, reportUsageError, wrongValue } from '@pinwheel/cli';
import type { Row, Sample } from './aggregate.js';
import { aggregate } from './aggregate.js';
import type { Command } from './command-line.js';
import { PROGRAM, readBenchCommand } from './command-line.js';
import { CONTENDERS } from './contenders/all.js';
import type { Contender } from './contenders/contender.js';
import { PLAIN } from './contenders/contender.js';
import { describeMachine } from './machine.js';
import { endAll } from './process/launch.js';
import { Stages } from './scenarios/stage.js';
import { formatTables } from './table.js';

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The contenders that can start; the reason is printed for the others. */
async function inspect(contenders: readonly Contender[]): Promise<Map<Contender, string | undefined>> {
  const found = new Map<Contender, string | undefined>();
  for (const contender of contenders) {
    const missing = await contender.missing().catch((error: unknown) => `cannot start: ${messageOf(error)}`);
    found.set(contender, missing);
    if (missing !== undefined) say(`${contender.name}: ${missing}`);
  }
  return found;
}

/** Rows are sorted by contender, since the order of the first round is rotated. */
function rowsOf(samples: readonly Sample[]): Row[] {
  // `insides` names its contenders after one of these and the optimisation that is turned off.
  const place = (name: string): number =>
    CONTENDERS.findIndex((one) => name === one.name || /^(, | without )/.test(name.replace(one.name, '')));
  const sorted = samples.toSorted((a, b) => {
    const order = place(a.contender) - place(b.contender);
    return order === 0 && a.scenario === 'insides' ? a.contender.localeCompare(b.contender) : order;
  });
  return aggregate(sorted, (name) => CONTENDERS.find((one) => one.name === name) ?? PLAIN);
}

async function bench(command: Command): Promise<void> {
  const { plan, scenarios, json } = command;
  const started = performance.now();
  const everyone = await inspect(scenarios.some((one) => one.contenders) ? command.contenders : []);
  const present = command.contenders.filter((one) => everyone.has(one) && everyone.get(one) === undefined);
  const samples: Sample[] = [];
  const failures: { readonly what: string; readonly message: string }[] = [];

  const stages = new Stages();
  const machine = describeMachine();
  process.stdout.write(
    `# npm run bench\n\n${machine.cpus} x ${machine.cpu}, Node ${machine.node}, ${machine.system}\n`,
  );
  for (const scenario of scenarios) {
    const failed = (what: string, error: unknown): void => {
      const message = messageOf(error);
      failures.push({ what, message });
      say(`${what}: ${message}`);
    };
    try {
      await scenario.run({
        plan,
        stages,
        contenders: present,
        add: (sample) => samples.push(sample),
        failed,
        progress: say,
      });
    } catch (error) {
      failed(scenario.name, error);
    }
    const tables = formatTables(scenario, rowsOf(samples), plan.clock.window);
    if (tables !== '') process.stdout.write(`\n${tables}`);
    // Results are written after each scenario, so that they survive an interrupted run.
    if (json !== undefined) {
      const contenders = [...everyone].map(([{ name }, how]) => ({ name, missing: how ?? null }));
      const results = rowsOf(samples);
      writeFileSync(json, `${JSON.stringify({ machine, plan, contenders, results, samples, failures }, null, 2)}\n`);
    }
  }

  await stages.leave();
  const missing = [...everyone].flatMap(([{ name }, how]) => (how === undefined ? [] : [{ name, how }]));
  if (missing.length > 0) {
    process.stdout.write(`\nNot measured: ${missing.map(({ name, how }) => `${name} (${how})`).join('; ')}\n`);
  }
  for (const { what, message } of failures) process.stdout.write(`\nFailed: ${what}: ${message}\n`);
  say(`done in ${((performance.now() - started) / 1_000).toFixed(0)} s`);
  if (samples.length === 0 && failures.length === 0) {
    throw wrongValue('--variant', 'a part of the name of a variant', plan.variants.join(', '));
  }
  if (failures.length > 0) process.exitCode = 1;
}

function endOn(signal: 'SIGINT' | 'SIGTERM'): void {
  process.once(signal, () => {
    const exit = (): void => process.exit(128 + constants.signals[signal]);
    endAll().then(exit, exit);
  });
}

try {
  const command = readBenchCommand(process.argv.slice(2));
  if (command === undefined) process.stdout.write(helpText(PROGRAM));
  else {
    endOn('SIGINT');
    endOn('SIGTERM');
    try {
      await bench(command);
    } finally {
      await endAll();
    }
  }
} catch (error) {
  process.exitCode = reportUsageError(PROGRAM.name, error);
}
