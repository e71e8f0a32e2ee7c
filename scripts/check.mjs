// npm run check: formatting (prettier) and lint (oxlint, with types). Shows the findings of both; exit 1 if any.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './prepare.mjs';

const tools = [
  { name: 'formatting', path: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level', 'warn', '.'] },
  {
    name: 'lint',
    path: 'oxlint/bin/oxlint',
    args: ['--type-aware', '--deny-warnings', '--report-unused-disable-directives'],
  },
];

const failed = tools.filter(({ name, path, args }) => {
  const started = performance.now();
  const file = join(root, 'node_modules', path);
  const { status, error } = spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: 'inherit' });
  if (error !== undefined) process.stderr.write(`${name}: ${error.message}\n`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${name}: ${status === 0 ? 'ok' : 'failed'} (${seconds} s)\n`);
  return status !== 0;
});
if (failed.some(({ name }) => name === 'formatting')) process.stdout.write('`npm run format` formats all files\n');
process.exitCode = failed.length > 0 ? 1 : 0;
