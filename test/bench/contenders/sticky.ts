import { launchFork, programFile } from '../process/launch.js';
import { portIn, workersIn } from '../process/said.js';
import { isInstalled } from './installed.js';
import type { Contender } from './contender.js';
import { PLAIN } from './contender.js';

/** `@socket.io/sticky`: a node cluster; its primary passes connections to its worker, which is the same echo server. */
export const sticky: Contender = {
  ...PLAIN,
  name: 'sticky cluster',
  balances: false,
  missing: () => Promise.resolve(isInstalled('@socket.io/sticky') ? undefined : 'npm install'),
  async start() {
    const cluster = await launchFork(programFile('sticky'));
    return {
      urls: [`http://127.0.0.1:${portIn(cluster.message)}`],
      proxy: [cluster.pid],
      backends: workersIn(cluster.message),
      stop: () => cluster.stop(),
    };
  },
};
