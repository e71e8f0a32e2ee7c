import { availableParallelism } from 'node:os';
import { type ConfFiles, type Configuration, core, fullPath, loadConfiguration } from '@pinwheel/nginx-conf';
import { type Account, readUser } from './account.js';
import type { Paths } from './paths.js';

/** What a configuration says about the process. */
export interface Settings {
  readonly configuration: Configuration;
  readonly daemon: boolean;
  /** A byte string. */
  readonly pidPath: string;
  readonly account: Account | undefined;
  /** Milliseconds; undefined is no limit. */
  readonly shutdownTimeout: number | undefined;
  /** Processes that serve; `auto` is one for each processor. */
  readonly workerProcesses: number;
  /** False where `master_process` is off: one process serves as it is. */
  readonly hasMaster: boolean;
}

/**
 * Reads a configuration.
 *
 * @param directives of `-g`
 * @param warn told of every warning when it is found, with its place
 * @throws ConfError at the first thing that is wrong
 */
export function loadSettings(
  files: ConfFiles,
  paths: Paths,
  directives: string,
  warn?: (message: string) => void,
): Settings {
  const configuration = loadConfiguration(files, paths.confFile, directives, (one) => warn?.(withoutProgram(one)));
  const { main } = configuration;
  const { account, warning } = readUser(main);
  if (warning !== undefined) warn?.(warning);
  const workers = main.get(core.worker_processes);
  return {
    configuration,
    daemon: main.get(core.daemon),
    pidPath: fullPath(main.get(core.pid), paths.prefix),
    account,
    // 0 is no limit, as in nginx.
    shutdownTimeout: main.get(core.worker_shutdown_timeout) || undefined,
    workerProcesses: workers === 'auto' ? availableParallelism() : workers,
    hasMaster: !main.entries.some(({ directive: { name, args } }) => name === 'master_process' && args[0] === 'off'),
  };
}

/**
 * Whether the started process leaves the serving to others: to several, or to one that has another user's rights while
 * it keeps its own for what a reload may need them for.
 */
export function needsMaster({ hasMaster, workerProcesses, account }: Settings): boolean {
  return hasMaster && (workerProcesses > 1 || (account !== undefined && account.uid !== process.geteuid?.()));
}

/** The message and place of an error or warning of the configuration, without `pinwheel: [level] `. */
export function withoutProgram(told: { toString(): string }): string {
  return told.toString().replace(/^pinwheel: \[\w+\] /, '');
}
