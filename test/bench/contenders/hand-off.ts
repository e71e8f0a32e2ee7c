import { launchFork, programFile } from '../process/launch.js';
import { startRedis } from '../process/redis.js';
import { portIn, saysUnavailable, workersIn } from '../process/said.js';
import type { Contender } from './contender.js';
import { PLAIN } from './contender.js';

/** The young generation has the size that `npm start` gives it. */
const YOUNG = ['--max-semi-space-size=4'];

/** The cluster of `npm start`, whose balancer gives a WebSocket to the node's process. The nodes are its own. */
export const pinwheelHandOff: Contender = {
  ...PLAIN,
  direct: 'direct to a node',
  name: 'pinwheel hand-off',
  balances: true,
  async missing() {
    const cluster = await launchFork(programFile('cluster'), ['1']);
    await cluster.stop();
    return saysUnavailable(cluster.message) ? 'not available: this balancer does not hand sockets over' : undefined;
  },
  async start(backends) {
    // Several nodes get the same kind of Redis as those behind the other contenders; a single node hardly uses its
    // Redis.
    const redis = backends.length > 1 ? await startRedis() : undefined;
    const env = { REDIS_URL: redis?.url ?? '' };
    const cluster = await launchFork(programFile('cluster'), [String(backends.length)], { env, execArgv: YOUNG });
    return {
      urls: [`http://127.0.0.1:${portIn(cluster.message)}`],
      proxy: [cluster.pid],
      backends: workersIn(cluster.message),
      async stop() {
        await cluster.stop();
        await redis?.process?.stop();
      },
    };
  },
};
