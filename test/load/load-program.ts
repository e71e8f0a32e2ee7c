import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '@pinwheel/loadtest';
import { type Ended, type Program, startProgram } from '@pinwheel/testing/program';

export const LOAD = 'apps/loadtest/dist/main.js';

export interface Loaded {
  readonly program: Program;
  readonly ended: Ended;
  readonly result: Result;
}

/** Runs the load tester to its end and reads its report. `whileRunning` is called when the run has started. */
export async function load(args: readonly string[], whileRunning?: (program: Program) => void): Promise<Loaded> {
  const folder = await mkdtemp(join(tmpdir(), 'pinwheel-load-'));
  try {
    const file = join(folder, 'report.json');
    const program = startProgram(LOAD, [...args, '--json', file]);
    whileRunning?.(program);
    const ended = await program.ended;
    const text = await readFile(file, 'utf8').catch(() => {
      throw new Error(`no report: ${program.stdout}${program.stderr}`);
    });
    const result: Result = JSON.parse(text);
    return { program, ended, result };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
