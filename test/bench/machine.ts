import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** The machine on which the benchmark runs. */
export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  readonly date: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cpus: availableParallelism(),
    memory: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
    date: new Date().toISOString(),
  };
}
