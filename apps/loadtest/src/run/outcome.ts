import { showValue } from '../report/format.js';
import type { ActionResult, Knee, Outcome, StageResult } from '../report/result.js';
import type { Ramp } from '../options/options.js';

/** The outcome of a stage; a pass has no reasons. */
export function outcomeOfStage(stage: StageResult): Outcome {
  const { churn, connect, counts, generator, verdicts } = stage;
  if (connect.everOnline === 0) {
    const causes = Object.entries(connect.failures).map(([cause, count]) => `${cause} (${count})`);
    return failed([`none of ${connect.started} clients could connect: ${causes.join(', ') || 'no answer'}`]);
  }
  if (churn.online === 0) {
    return failed([`the server was gone: none of ${connect.everOnline} clients was online at the end`]);
  }
  if (counts.scheduled === 0) return failed(['nothing was measured: no message was planned in the time']);
  if (generator.invalid.length > 0) return { state: 'invalid', exitCode: 3, reasons: generator.invalid };
  const broken = verdicts.filter((verdict) => !verdict.holds);
  if (broken.length === 0) return { state: 'pass', exitCode: 0, reasons: [] };
  const reasons = broken.map(({ got, text }) => `${text}: got ${got === undefined ? 'nothing' : showValue(got)}`);
  return { state: 'assertion', exitCode: 99, reasons };
}

/** The knee of a ramp: its last step that passed. */
export function kneeOf(stages: readonly StageResult[]): Knee {
  const last = stages.findLast((stage) => outcomeOfStage(stage).state === 'pass');
  const after = stages.at(-1);
  const stoppedBy = after === undefined || after === last ? undefined : outcomeOfStage(after).reasons.join('; ');
  return { clients: last?.clients ?? 0, ...(stoppedBy === undefined ? {} : { stoppedBy }) };
}

export interface RunFacts {
  readonly stages: readonly StageResult[];
  readonly ramp: Ramp | undefined;
  readonly actions: readonly ActionResult[];
  readonly lostWorkers: number;
}

/** The outcome of a run: its worst part decides the exit code. */
export function concludeRun({ actions, lostWorkers, ramp, stages }: RunFacts): Outcome {
  const failures = actions
    .filter((action) => action.error !== undefined)
    .map((action) => `${action.verb} ${action.node}: ${action.error ?? ''}`);
  if (lostWorkers > 0) failures.unshift(`${lostWorkers} of the workers exited unexpectedly`);
  const last = stages.at(-1);
  if (last === undefined) return failed(['no step was begun']);
  const outcome = outcomeOfStage(last);
  if (failures.length > 0) return failed([...failures, ...(outcome.exitCode === 1 ? outcome.reasons : [])]);
  // A ramp looks for the step that does not pass: it has failed its assertions only if no step passed.
  if (ramp !== undefined && outcome.state === 'assertion' && kneeOf(stages).clients > 0) {
    return { state: 'pass', exitCode: 0, reasons: [] };
  }
  return outcome;
}

function failed(reasons: readonly string[]): Outcome {
  return { state: 'failed', exitCode: 1, reasons };
}
