import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Contender } from './contender.js';
import { PLAIN } from './contender.js';
import { launchFork } from '../process/launch.js';
import { portIn } from '../process/said.js';

/** Clients connect to the backend without a proxy. */
export const direct: Contender = {
  ...PLAIN,
  name: 'direct',
  balances: true,
  missing: () => Promise.resolve(undefined),
  start: (backends) =>
    Promise.resolve({
      urls: backends.map(({ port }) => `http://127.0.0.1:${port}`),
      proxy: [],
      stop: () => Promise.resolve(),
    }),
};

const NODE = join(dirname(createRequire(import.meta.url).resolve('@pinwheel/node')), 'main.js');

/**
 * Clients connect to a Pinwheel node without a proxy: the reference of the hand-off. The node's echo does more work
 * than the plain echo server.
 */
export const directToNode: Contender = {
  ...PLAIN,
  direct: 'direct to a node',
  name: 'direct to a node',
  balances: false,
  missing: () => Promise.resolve(undefined),
  async start() {
    const env = { PORT: '0', HOST: '127.0.0.1', REDIS_URL: '', SERVER_NAME: 'node' };
    const node = await launchFork(NODE, [], { env });
    return {
      urls: [`http://127.0.0.1:${portIn(node.message)}`],
      proxy: [],
      backends: [node.pid],
      stop: () => node.stop(),
    };
  },
};
