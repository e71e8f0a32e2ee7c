import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchInFolder } from '../process/folder.js';
import { findProgram, launch } from '../process/launch.js';
import type { Contender } from './contender.js';
import { PLAIN } from './contender.js';

/** Caddy on one processor (`GOMAXPROCS=1`), as the others have one worker. */
export const caddy: Contender = {
  ...PLAIN,
  name: 'caddy',
  balances: true,
  missing: () => Promise.resolve(findProgram('caddy') === undefined ? 'apt-get install caddy' : undefined),
  async start(backends) {
    const program = await launchInFolder(async (folder, port) => {
      const file = join(folder, 'Caddyfile');
      const servers = backends.map((backend) => `127.0.0.1:${backend.port}`).join(' ');
      await writeFile(
        file,
        `{
  admin off
  auto_https off
}
http://:${port} {
  bind 127.0.0.1
  reverse_proxy ${servers} {
    lb_policy round_robin
  }
}
`,
      );
      const env = { GOMAXPROCS: '1', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
      return launch(findProgram('caddy') ?? 'caddy', ['run', '--config', file, '--adapter', 'caddyfile'], port, env);
    });
    return { urls: [`http://127.0.0.1:${program.port}`], proxy: [program.pid], stop: () => program.stop() };
  },
};
