import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare } from './prepare.mjs';
import { root } from './root.mjs';

/** Prepares the project and turns this process into `module`, a path from the root, started with `args`. */
export async function become(module, args) {
  if (module === undefined) {
    process.stderr.write('usage: node scripts/run.mjs MODULE [ARGS]\n');
    process.exit(2);
  }
  await prepare();
  const file = join(root, module);
  if (!existsSync(file)) {
    process.stderr.write(`pinwheel: expected a module of this project, got ${module}: there is no such file\n`);
    process.exit(2);
  }
  process.argv = [process.argv[0], file, ...args];
  await import(pathToFileURL(file).href);
}
