import { launchFork, programFile } from '../process/launch.js';
import { portIn } from '../process/said.js';
import { isInstalled } from './installed.js';
import type { Contender } from './contender.js';
import { PLAIN } from './contender.js';

/** The proxy `http-proxy-3` for Node, which has one target. */
export const httpProxy3: Contender = {
  ...PLAIN,
  name: 'http-proxy-3',
  balances: false,
  missing: () => Promise.resolve(isInstalled('http-proxy-3') ? undefined : 'npm install'),
  async start(backends) {
    const proxy = await launchFork(programFile('http-proxy-3'), [`http://127.0.0.1:${backends[0]?.port}`]);
    return {
      urls: [`http://127.0.0.1:${portIn(proxy.message)}`],
      proxy: [proxy.pid],
      stop: () => proxy.stop(),
    };
  },
};
