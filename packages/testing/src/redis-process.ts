import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { freePort } from './ports.js';
import { until } from './until.js';

/** A Redis that one test owns. */
export interface RedisProcess {
  readonly port: number;
  readonly url: string;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
  /** Sends SIGKILL and waits until the process has exited. */
  kill(): Promise<void>;
  /** Stops the process (SIGSTOP): connections stay open and get no answer. */
  hang(): void;
  /** Ends `hang` (SIGCONT). */
  resume(): void;
}

export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0;
/** Completes "skipped:". */
export const redisInstall = 'needs redis-server: apt-get install redis-server';

/** Starts a `redis-server` that keeps nothing on disk. */
export function redisServer(): Promise<RedisProcess> {
  return run((port) => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    return spawn('redis-server', options, { stdio: 'ignore' });
  });
}

/** Starts a `js-redis-server` in its own process. */
export function embeddedRedis(): Promise<RedisProcess> {
  const main = createRequire(import.meta.url).resolve('js-redis-server');
  const script = `require(${JSON.stringify(main)}).createRedisMock({ port: Number(process.argv[1]) })`;
  return run((port) => spawn(process.execPath, ['-e', script, String(port)], { stdio: 'ignore' }));
}

async function run(launch: (port: number) => ChildProcess): Promise<RedisProcess> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const redis: RedisProcess = {
    port,
    url: `redis://127.0.0.1:${port}`,
    async start() {
      child = launch(port);
      await until(`Redis answers on port ${port}`, () => answers(port));
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
    hang: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
  await redis.start();
  return redis;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.on('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
  });
}
