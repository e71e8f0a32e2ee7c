#!/usr/bin/env node
import { HELP } from './help.js';
import { OptionError } from './options/option-error.js';
import type { Options } from './options/options.js';
import { readOptions } from './options/read-options.js';
import { compareFiles } from './report/compare.js';
import { packageVersion } from './report/environment.js';
import { htmlReport } from './report/html.js';
import { liveProgress } from './report/live.js';
import { checkWritable, writeWhole } from './report/output-file.js';
import { summarize } from './report/summary.js';
import { RunFailure } from './run/run-failure.js';
import { run } from './run/run.js';

function complain(line: string): void {
  process.stderr.write(`pinwheel-load: ${line}\n`);
}

async function load(options: Options): Promise<number> {
  if (options.json !== undefined) checkWritable('--json', options.json);
  if (options.html !== undefined) checkWritable('--html', options.html);
  const ending = new AbortController();
  for (const [signal, who] of [
    ['SIGINT', 'Ctrl-C'],
    ['SIGTERM', 'SIGTERM'],
  ] as const) {
    process.on(signal, () => {
      // The workers end when their channel to this process closes.
      if (ending.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
      ending.abort(who);
    });
  }
  const result = await run(options, liveProgress(process.stderr), ending.signal);
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

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === 'compare') return compareFiles(args.slice(1), (line) => process.stdout.write(`${line}\n`));
  const command = readOptions(args);
  if (command.command === 'run') return load(command.options);
  process.stdout.write(command.command === 'help' ? HELP : `${packageVersion()}\n`);
  return 0;
}

// Whoever read our output may be gone: the run goes on, and its files are written.
const readerGone = (): void => undefined;
process.stdout.on('error', readerGone);
process.stderr.on('error', readerGone);

try {
  process.exitCode = await main(process.argv.slice(2));
  // A connection that its server does not close holds nobody up.
  process.stdout.write('', () => process.exit());
} catch (error) {
  if (error instanceof OptionError) process.exitCode = 2;
  else if (error instanceof RunFailure) process.exitCode = 1;
  else throw error;
  complain(error.message);
}
