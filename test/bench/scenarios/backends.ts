import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Backend } from '../contenders/contender.js';
import type { Launched } from '../process/launch.js';
import { launchFork, programFile } from '../process/launch.js';
import { startRedis } from '../process/redis.js';
import { portIn } from '../process/said.js';

const NODE = join(dirname(createRequire(import.meta.url).resolve('@pinwheel/node')), 'main.js');

/** The backends of the proxies in a scenario. */
export interface Backends {
  readonly all: readonly Backend[];
  stop(): Promise<void>;
}

/** One echo server; see programs/echo-server.ts. */
export async function startEcho(): Promise<Backends> {
  const server = await launchFork(programFile('backend'));
  return { all: [{ port: portIn(server.message), pid: server.pid }], stop: () => server.stop() };
}

/** Two echo nodes that share rooms through Redis. */
export async function startNodes(): Promise<Backends> {
  const started: Launched[] = [];
  const stop = async (): Promise<void> => {
    // The nodes before their Redis.
    for (const one of started.toReversed()) await one.stop();
  };
  try {
    const redis = await startRedis();
    if (redis.process !== undefined) started.push(redis.process);
    const all: Backend[] = [];
    for (const name of ['Server1', 'Server2']) {
      const env = { PORT: '0', HOST: '127.0.0.1', REDIS_URL: redis.url, SERVER_NAME: name };
      const node = await launchFork(NODE, [], { env });
      started.push(node);
      all.push({ port: portIn(node.message), pid: node.pid });
    }
    return { all, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
