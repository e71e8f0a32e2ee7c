import { freePort } from '@pinwheel/testing/ports';
import type { Launched } from './launch.js';
import { findProgram, launch } from './launch.js';

/** Returns the Redis of `REDIS_URL`, or starts a redis-server without persistence. */
export async function startRedis(): Promise<{ readonly url: string; readonly process: Launched | undefined }> {
  const given = process.env['REDIS_URL'] ?? '';
  if (given !== '') return { url: given, process: undefined };
  const port = await freePort();
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
  const launched = await launch(findProgram('redis-server') ?? 'redis-server', args, port);
  return { url: `redis://127.0.0.1:${port}`, process: launched };
}

/** What `startRedis` is missing and how to install it; undefined when nothing is missing. */
export function missingRedis(): string | undefined {
  if ((process.env['REDIS_URL'] ?? '') !== '' || findProgram('redis-server') !== undefined) return undefined;
  return 'no Redis: set REDIS_URL or install redis-server (apt-get install redis-server)';
}
