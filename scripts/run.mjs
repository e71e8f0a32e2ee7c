// node scripts/run.mjs [MODULE [ARGS]]: installs and builds what is missing or stale, then runs MODULE, if there is one.
//
// MODULE is a path from the root of the project. It runs in this process, with process.argv as if it had been started
// directly, so its signals, exit code and standard streams are its own. The version of Node is checked before any other
// file is loaded: the others need the version that it asks for.
import './node-version.mjs';

import('./prepare.mjs')
  .then(async ({ prepare, root }) => {
    await prepare();
    const [node, , module, ...args] = process.argv;
    if (module === undefined) return;
    process.argv = [node, `${root}/${module}`, ...args];
    await import(new URL(`../${module}`, import.meta.url).href);
  })
  .catch((error) => {
    // The error is thrown again outside of the promise, so that Node reports it as uncaught.
    process.nextTick(() => {
      throw error;
    });
  });
