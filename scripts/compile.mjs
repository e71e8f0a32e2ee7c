// TypeScript: `tsc -b` knows by itself what is stale, and says so in about a tenth of a second.
import { join } from 'node:path';
import { runStep } from './step.mjs';

export async function compile(root) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const pretty = process.stderr.isTTY ? ['--pretty'] : [];
  await runStep('compiling (tsc -b)', [process.execPath, tsc, '-b', ...pretty], { cwd: root });
}
