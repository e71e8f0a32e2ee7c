// Installs the dependencies, compiles and builds the pages, each only when missing or stale.
import { dirname, join } from 'node:path';
import { install } from './install.mjs';
import { takeLock } from './lock.mjs';
import { buildPages } from './pages.mjs';
import { endOnSignal, runStep, StepFailure } from './step.mjs';

/** The root folder of the project, without a slash at the end. */
export const root = dirname(import.meta.dirname);

/**
 * Brings node_modules and every dist/ up to date. Reports on stderr what it does. When a step fails, it prints the
 * step's whole output and exits with 1. Two runs at once are safe: the second one waits.
 */
export async function prepare() {
  const lock = await takeLock(join(root, 'dist', 'prepare.lock'), (pid) => {
    process.stderr.write(`pinwheel: waiting for process ${pid}, which installs or builds here\n`);
  });
  const off = endOnSignal(lock);
  try {
    await install(root);
    await compile();
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

/** `tsc -b` finds out what is stale itself, in about a tenth of a second. */
async function compile() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const pretty = process.stderr.isTTY ? ['--pretty'] : [];
  await runStep('compiling (tsc -b)', [process.execPath, tsc, '-b', ...pretty], { cwd: root });
}
