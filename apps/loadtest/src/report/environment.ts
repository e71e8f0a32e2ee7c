import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, hostname, release, totalmem, type } from 'node:os';

/** Where and with what it was measured. */
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
    loadtest: packageVersion(),
    socketIoClient: versionIn(createRequire(import.meta.url).resolve('socket.io-client/package.json')),
  };
}

/** The version of this package. */
export function packageVersion(): string {
  return versionIn(new URL('../../package.json', import.meta.url));
}

function versionIn(file: string | URL): string {
  const { version }: { version?: unknown } = JSON.parse(readFileSync(file, 'utf8'));
  return typeof version === 'string' ? version : 'unknown';
}
