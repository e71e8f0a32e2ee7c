import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { descendants } from '@pinwheel/testing/program';
import { launchInFolder } from '../process/folder.js';
import { findProgram, launch } from '../process/launch.js';
import type { Contender } from './contender.js';
import { PLAIN } from './contender.js';

/** HAProxy, one thread, connections to the servers reused. */
export const haproxy: Contender = {
  ...PLAIN,
  name: 'haproxy',
  balances: true,
  missing: () => Promise.resolve(findProgram('haproxy') === undefined ? 'apt-get install haproxy' : undefined),
  async start(backends) {
    const program = await launchInFolder(async (folder, port) => {
      const servers = backends.map((backend, index) => `  server s${index} 127.0.0.1:${backend.port}`).join('\n');
      const file = join(folder, 'haproxy.cfg');
      await writeFile(
        file,
        `global
  nbthread 1
defaults
  mode http
  maxconn 9000
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  option forwardfor
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  default_backend websocket
backend websocket
  balance roundrobin
${servers}
`,
      );
      return launch(findProgram('haproxy') ?? 'haproxy', ['-f', file, '-db'], port);
    });
    return {
      urls: [`http://127.0.0.1:${program.port}`],
      proxy: [program.pid, ...descendants(program.pid)],
      stop: () => program.stop(),
    };
  },
};
