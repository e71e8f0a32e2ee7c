import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { ClusterFailure } from '../process/failure.js';
import { readListening } from '../process/listening.js';
import { readRedisUrl, within } from '@pinwheel/member';
import { SupervisedProcess } from '../process/supervised-process.js';

/** Milliseconds in which the Redis of `REDIS_URL` must answer. */
const ANSWER_LIMIT = 2_000;

/** The Redis that the nodes share. */
export interface ClusterRedis {
  readonly kind: 'embedded' | 'external';
  /** The URL for the nodes, which may contain a password. */
  readonly url: string;
  /** The name for logs and pages: `embedded`, or host and port. */
  readonly shown: string;
  /** The process of the embedded Redis. */
  readonly process?: SupervisedProcess;
}

/**
 * Starts the embedded Redis in a process of its own, on a free port of 127.0.0.1. After a crash it is restarted on the
 * same port, empty.
 *
 * @param onProcess gets the process before it is started
 * @throws ClusterFailure when the process does not start
 */
export async function startRedis(
  log: (line: string) => void,
  onProcess: (process: SupervisedProcess) => void,
): Promise<ClusterRedis> {
  let port = 0;
  const server = new SupervisedProcess({
    name: 'Redis',
    module: fileURLToPath(new URL('../../dist/redis/redis-process.js', import.meta.url)),
    env: () => ({ ...process.env, PORT: String(port) }),
    onMessage: (message) => {
      const listening = readListening(message);
      port = listening?.port ?? port;
      return listening !== undefined;
    },
    log,
  });
  onProcess(server);
  await server.start();
  return { kind: 'embedded', url: `redis://127.0.0.1:${port}`, shown: 'embedded', process: server };
}

/**
 * Checks that the Redis at `url` answers PING within 2 s.
 *
 * @throws ClusterFailure when it does not; the message never contains the password
 */
export async function checkRedis(url: string): Promise<ClusterRedis> {
  const { shown } = readRedisUrl(url);
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: ANSWER_LIMIT,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let cause: Error | undefined;
  client.on('error', (error: Error) => {
    cause = error;
  });
  try {
    await within(
      ANSWER_LIMIT,
      client.connect().then(() => client.ping()),
    );
  } catch (error) {
    const reason = cause ?? (error instanceof Error ? error : new Error(String(error)));
    throw new ClusterFailure(`Redis at ${shown} (REDIS_URL) does not answer: ${reason.message}`);
  } finally {
    client.disconnect();
  }
  return { kind: 'external', url, shown };
}
