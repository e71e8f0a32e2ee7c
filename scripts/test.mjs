// npm test [-- FILTERS AND OPTIONS OF VITEST]: runs the tests. The last line is `N passed, N failed`.
import { parseCLI, startVitest } from 'vitest/node';

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const strict = !['', '0', 'false', undefined].includes(process.env.CI);

const vitest = await startVitest('test', filter, { ...options, run: true, watch: false });
const modules = vitest.state.getTestModules();
const outcome = countOutcome(modules, vitest.state.getUnhandledErrors().length, options.testNamePattern);
// Do not wait for ever for a worker that does not exit.
await Promise.race([vitest.close(), new Promise((resolve) => setTimeout(resolve, 15_000))]);

const lines = outcome.skips.map(({ test, reason }) => `skipped: ${test}${reason && `: ${reason}`}\n`);
if (modules.length === 0) {
  outcome.failed += 1;
  lines.push(`there is no test file${filter.length > 0 ? ` that matches ${filter.join(' ')}` : ''}\n`);
}
if (strict && outcome.skips.length > 0) {
  outcome.failed += outcome.skips.length;
  lines.push('CI is set: a skipped test counts as failed\n');
  outcome.skips = [];
}
const skipped = outcome.skips.length > 0 ? `, ${outcome.skips.length} skipped` : '';
lines.push(`${outcome.passed} passed, ${outcome.failed} failed${skipped}\n`);

const code = outcome.failed > 0 ? 1 : 0;
// Exit only when the text is written: a pipe may be slow.
process.stdout.write(lines.join(''), () => process.exit(code));

/**
 * Counts the results of a run of Vitest.
 *
 * Tests that `-t` leaves out are not counted. A file or suite that fails outside of its tests (it cannot be loaded, or a
 * hook throws) counts as one failure, and so does every error that no test caught.
 *
 * @param {readonly import('vitest/node').TestModule[]} run
 * @param {number} unhandled errors outside of every test
 * @param {string | RegExp | undefined} pattern of `-t`
 * @returns {{ passed: number, failed: number, skips: { test: string, reason: string }[] }}
 */
function countOutcome(run, unhandled, pattern) {
  const counts = { passed: 0, failed: unhandled, skips: [] };
  const asked = pattern === undefined ? undefined : new RegExp(pattern);
  for (const module of run) {
    for (const suite of [module, ...module.children.allSuites()]) {
      if (suite.errors().length > 0) counts.failed += 1;
    }
    for (const test of module.children.allTests()) {
      const { state, note } = test.result();
      if (state === 'passed') counts.passed += 1;
      else if (state === 'failed') counts.failed += 1;
      else if (isWanted(test, asked)) {
        if (isUnderFailure(test)) continue;
        counts.skips.push({ test: `${module.relativeModuleId} > ${test.fullName}`, reason: note ?? '' });
      }
    }
  }
  return counts;
}

/** `-t` is matched against the names from the outermost suite inwards, joined by blanks. */
function isWanted(test, asked) {
  return asked === undefined || asked.test(test.fullName.replaceAll(' > ', ' '));
}

/** Skipped because a hook failed, which is counted already. */
function isUnderFailure(test) {
  for (let at = test.parent; at !== undefined; at = at.type === 'module' ? undefined : at.parent) {
    if (at.errors().length > 0) return true;
  }
  return false;
}
