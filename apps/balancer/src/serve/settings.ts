import { availableParallelism } from 'node:os';
import { type ConfFiles, type Configuration, core, fullPath, loadConfiguration } from '@pinwheel/nginx-conf';
import { type Account, readUser } from './account.js';
import { type Paths, withoutProgram } from '@pinwheel/nginx-disk';

/** The directives of a configuration about the process. */
export interface Settings {
  readonly configuration: Configuration;
  readonly daemon: boolean;
  /** A byte string. */
  readonly pidPath: string;
  readonly account: Account | undefined;
  /** Milliseconds; undefined is no limit. */
  readonly shutdownTimeout: number | undefined;
  /** Number of processes that serve; `auto` is one per processor. */
  readonly workerProcesses: number;
  /** False with `master_process off`: one process serves. */
  readonly hasMaster: boolean;
}

/**
 * Reads a configuration.
 *
 * @param directives the directives of `-g`
 * @param warn gets every warning when it is found, with its place
 * @throws ConfError for the first mistake
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
    hasMaster: main.get(core.master_process),
  };
}

/**
 * True when the started process leaves serving to workers: to several, or to one with the rights of another user, while it
 * keeps its own rights for reloads.
 */
export function needsMaster({ hasMaster, workerProcesses, account }: Settings): boolean {
  return hasMaster && (workerProcesses > 1 || (account !== undefined && account.uid !== process.geteuid?.()));
}
