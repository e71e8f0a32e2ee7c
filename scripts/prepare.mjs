// node scripts/prepare.mjs: installs the dependencies, compiles and builds the pages, each only when missing or stale.
import './node-version.mjs';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Makes node_modules and every dist/ fit the sources. Says on stderr what it does; when a step fails it shows all of
 * the step's output and ends the process with 1. Safe to run twice at once: the second one waits.
 */
export async function prepare() {
  const { root } = await import('./root.mjs');
  const { takeLock } = await import('./lock.mjs');
  const { endOnSignal, StepFailure } = await import('./step.mjs');
  const { install } = await import('./install.mjs');
  const { compile } = await import('./compile.mjs');
  const { buildPages } = await import('./page.mjs');

  const lock = await takeLock(join(root, 'dist', 'prepare.lock'), (pid) => {
    process.stderr.write(`pinwheel: waiting for process ${pid}, which installs or builds here\n`);
  });
  const off = endOnSignal(lock);
  try {
    await install(root);
    await compile(root);
    await buildPages(root);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    process.stderr.write(`${error.message}\n`);
    lock.release();
    process.exit(1);
  } finally {
    off();
    lock.release();
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) {
  prepare().catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  });
}
