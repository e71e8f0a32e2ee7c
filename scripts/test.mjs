// npm test [-- FILTERS AND OPTIONS OF VITEST]: runs the tests and ends with the line `N passed, N failed`.
import { parseCLI, startVitest } from 'vitest/node';
import { countOutcome } from './outcome.mjs';

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const strict = !['', '0', 'false', undefined].includes(process.env.CI);

const vitest = await startVitest('test', filter, { ...options, run: true, watch: false });
const modules = vitest.state.getTestModules();
const outcome = countOutcome(modules, vitest.state.getUnhandledErrors().length, options.testNamePattern);
// A worker that does not end must not hold the result back.
await Promise.race([vitest.close(), new Promise((resolve) => setTimeout(resolve, 15_000))]);

const lines = outcome.skips.map(({ test, reason }) => `skipped: ${test}${reason && `: ${reason}`}\n`);
if (modules.length === 0) {
  outcome.failed += 1;
  lines.push(`expected a test file, found none${filter.length > 0 ? ` that matches ${filter.join(' ')}` : ''}\n`);
}
if (strict && outcome.skips.length > 0) {
  outcome.failed += outcome.skips.length;
  lines.push('CI is set: a skipped test counts as failed\n');
  outcome.skips = [];
}
const skipped = outcome.skips.length > 0 ? `, ${outcome.skips.length} skipped` : '';
lines.push(`${outcome.passed} passed, ${outcome.failed} failed${skipped}\n`);

const code = outcome.failed > 0 ? 1 : 0;
// A pipe may take the text late.
process.stdout.write(lines.join(''), () => process.exit(code));
