// node scripts/run.mjs MODULE [ARGS]: installs and builds what is missing or stale, then becomes MODULE.
//
// MODULE is a path from the root of the project. It runs in this very process, with process.argv as if it had been
// started itself, so that signals, exit code and standard streams are its own. Only node-version.mjs is imported
// statically: everything else needs the Node that it asks for.
import './node-version.mjs';

import('./become.mjs')
  .then(({ become }) => become(process.argv[2], process.argv.slice(3)))
  .catch((error) => {
    // As if the module itself had thrown it: uncaught.
    process.nextTick(() => {
      throw error;
    });
  });
