#!/usr/bin/env node
import { createRequire } from 'node:module';
import { isNginxForm } from './process/command-line.js';
import type * as NginxForm from './process/run.js';
import type * as FlagsForm from './run-with-flags.js';

// Whoever read our output may be gone; the balancer goes on without a reader.
const readerGone = (): void => undefined;
process.stdout.on('error', readerGone);
process.stderr.on('error', readerGone);

const require = createRequire(import.meta.url);
/** To load a hundred small modules takes `require` 20 ms less processor time than `import`, where Node lets it. */
const mayRequire = 'require_module' in process.features && process.features.require_module;

/** Only what this way to start needs is loaded. */
async function start(args: readonly string[]): Promise<number | undefined> {
  if (isNginxForm(args)) {
    const { runAsNginx } = mayRequire
      ? (require('./process/run.js') as typeof NginxForm)
      : await import('./process/run.js');
    return runAsNginx(args);
  }
  const { runWithFlags } = mayRequire
    ? (require('./run-with-flags.js') as typeof FlagsForm)
    : await import('./run-with-flags.js');
  return runWithFlags(args);
}

const code = await start(process.argv.slice(2));
// Listeners may be bound already when the start fails.
if (code !== undefined) process.exit(code);
