#!/usr/bin/env node
import { printAbout, reportUsageError, surviveClosedOutput } from '@pinwheel/cli';
import type { Options } from './options/options.js';
import { readOptions } from './options/read-options.js';
import { PROGRAM } from './options/settings.js';
import { compareFiles } from './report/compare.js';
import { htmlReport } from './report/html.js';
import { liveProgress } from './report/live.js';
import { checkWritable, writeWhole } from './report/output-file.js';
import { summarize } from './report/summary.js';
import { RunFailure } from './run/run-failure.js';
import { run } from './run/run.js';

function complain(line: string): void {
  process.stderr.write(`${PROGRAM.name}: ${line}\n`);
}

async function load(options: Options): Promise<number> {
  if (options.json !== undefined) checkWritable('--json', options.json);
  if (options.html !== undefined) checkWritable('--html', options.html);
  const result = await run(options, liveProgress(process.stderr), endOnSignal());
  process.stdout.write(`${summarize(result).join('\n')}\n`);
  try {
    if (options.json !== undefined) await writeWhole(options.json, `${JSON.stringify(result, undefined, 1)}\n`);
    if (options.html !== undefined) await writeWhole(options.html, htmlReport(result));
  } catch (error) {
    complain(`the report could not be written: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  return result.outcome.exitCode;
}

/** Aborted by the first SIGINT or SIGTERM, its reason saying by which; the second one exits at once. */
function endOnSignal(): AbortSignal {
  const ending = new AbortController();
  for (const [signal, who] of [
    ['SIGINT', 'Ctrl-C'],
    ['SIGTERM', 'SIGTERM'],
  ] as const) {
    process.on(signal, () => {
      // The workers exit when their channel to this process closes.
      if (ending.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
      ending.abort(who);
    });
  }
  return ending.signal;
}

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === 'compare') return compareFiles(args.slice(1), (line) => process.stdout.write(`${line}\n`));
  const command = readOptions(args);
  if (command.kind === 'run') return load(command.options);
  printAbout(PROGRAM, command.kind, import.meta.url);
  return 0;
}

surviveClosedOutput();
try {
  process.exitCode = await main(process.argv.slice(2));
  // A connection that its server leaves open does not keep the program running.
  process.stdout.write('', () => process.exit());
} catch (error) {
  if (error instanceof RunFailure) {
    complain(error.message);
    process.exitCode = 1;
  } else process.exitCode = reportUsageError(PROGRAM.name, error);
}
