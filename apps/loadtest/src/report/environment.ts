import { createRequire } from 'node:module';
import { availableParallelism, cpus, hostname, release, totalmem, type } from 'node:os';
import { pathToFileURL } from 'node:url';
import { packageVersion } from '@pinwheel/cli';

const require = createRequire(import.meta.url);

/** The machine and the versions that a run was measured with. */
export interface Environment {
  readonly host: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  readonly loadtest: string;
  readonly socketIoClient: string;
}

export function describeEnvironment(): Environment {
  return {
    host: hostname(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
    loadtest: packageVersion(import.meta.url),
    socketIoClient: packageVersion(pathToFileURL(require.resolve('socket.io-client/package.json')).href),
  };
}
