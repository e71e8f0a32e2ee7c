/**
 * Counts what a run of Vitest came to.
 *
 * A test that did not run because of `-t` is not counted. A file or suite that failed outside of its tests (it cannot
 * be loaded, a hook throws) counts as one failure, as does every error that no test caught.
 *
 * @param {readonly import('vitest/node').TestModule[]} modules
 * @param {number} unhandled errors outside of every test
 * @param {string | RegExp | undefined} pattern the names that were asked for
 * @returns {{ passed: number, failed: number, skips: { test: string, reason: string }[] }}
 */
export function countOutcome(modules, unhandled, pattern) {
  const outcome = { passed: 0, failed: unhandled, skips: [] };
  const asked = pattern === undefined ? undefined : new RegExp(pattern);
  for (const module of modules) {
    for (const suite of [module, ...module.children.allSuites()]) {
      if (suite.errors().length > 0) outcome.failed += 1;
    }
    for (const test of module.children.allTests()) {
      const { state, note } = test.result();
      if (state === 'passed') outcome.passed += 1;
      else if (state === 'failed') outcome.failed += 1;
      else if (isWanted(test, asked)) {
        if (isUnderFailure(test)) continue;
        outcome.skips.push({ test: `${module.relativeModuleId} > ${test.fullName}`, reason: note ?? '' });
      }
    }
  }
  return outcome;
}

/** `-t` is matched against the names from the outermost suite inwards, joined by blanks. */
function isWanted(test, asked) {
  return asked === undefined || asked.test(test.fullName.replaceAll(' > ', ' '));
}

/** Skipped only because a hook before it failed, which is counted already. */
function isUnderFailure(test) {
  for (let at = test.parent; at !== undefined; at = at.type === 'module' ? undefined : at.parent) {
    if (at.errors().length > 0) return true;
  }
  return false;
}
