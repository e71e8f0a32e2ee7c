import { hostsToLookUp } from '@pinwheel/nginx-conf';
import {
  DiskFiles,
  DiskSurroundings,
  ErrorLog,
  type ErrorLogTargets,
  fileFailureMessage,
  type LogFiles,
  lookUpHosts,
  openErrorLogs,
  optionsOf,
  type Paths,
  type Snapshot,
} from '@pinwheel/nginx-disk';
import { checkOptions } from '../serve/configured-proxy.js';
import { PidKeeper } from '../serve/pid-keeper.js';
import { openAdmin } from '../serve/admin.js';
import { Reloads } from '../serve/reloads.js';
import { loadSettings, type Settings } from '../serve/settings.js';
import { obeySignals } from '../serve/signals.js';
import { notifyServing, printToTerminal } from '../serve/terminal.js';
import { programVersion } from '../serve/version.js';
import { Workers } from './workers.js';

/**
 * The started process when workers serve. It reads the configuration, opens the logs, binds the listeners for the workers
 * (through `node:cluster`) and keeps the workers running. It keeps the rights that it was started with.
 */
export class Master {
  readonly #paths: Paths;
  readonly #directives: string;
  readonly #logs: LogFiles;
  readonly #pid: PidKeeper;
  readonly #files: DiskFiles;
  readonly #workers: Workers;
  #settings: Settings;
  #log: ErrorLog;
  #ending: 'quit' | 'stop' | undefined;

  /** @param files the files that `settings` was read from */
  constructor(
    paths: Paths,
    directives: string,
    settings: Settings,
    files: DiskFiles,
    logs: LogFiles,
    targets: ErrorLogTargets,
  ) {
    this.#paths = paths;
    this.#directives = directives;
    this.#logs = logs;
    this.#settings = settings;
    this.#log = new ErrorLog(targets.process, printToTerminal);
    this.#pid = new PidKeeper(settings.pidPath);
    this.#files = files;
    this.#workers = new Workers(() => this.#log);
  }

  /**
   * Starts the workers, and writes the pid file when all of them serve.
   *
   * @throws ConfError in nginx's words when a worker cannot serve
   */
  async start(): Promise<void> {
    process.title = 'pinwheel: master process';
    // A unix socket must be open to all, because the worker that it is bound for does not have our rights.
    process.umask(0);
    await openAdmin(
      {
        role: 'master',
        statuses: () => this.#workers.statuses(),
        histories: () => this.#workers.histories(),
      },
      (level, message) => this.#log.log(level, message),
    );
    const reloads = new Reloads(
      () => this.#takeOver(),
      () => this.#log,
      () => this.#ending !== undefined,
    );
    const started = this.#startWorkers();
    obeySignals({
      stop: () => this.#end('stop'),
      quit: () => this.#end('quit'),
      // A reload signal that comes before all workers serve waits until they do.
      reload: () =>
        void started.then(
          () => reloads.ask(),
          () => undefined,
        ),
      reopen: () => this.#reopen(),
      log: (message) => this.#log.log('notice', message),
    });
    process.on('exit', () => this.#pid.remove(this.#log));
    await started;
    if (this.#ending !== undefined) return;
    this.#pid.write();
    this.#log = this.#log.serving();
    this.#log.log('notice', `${programVersion()} serves ${this.#paths.confFile}`);
    notifyServing();
  }

  async #startWorkers(): Promise<void> {
    const { snapshot } = await this.#prepare(this.#settings, this.#files);
    if (this.#ending === undefined) await this.#workers.start(Math.max(1, this.#settings.workerProcesses), snapshot);
  }

  /**
   * Opens the logs and reads the files for the workers; the logs become their user's.
   *
   * @throws ConfError
   */
  async #prepare(settings: Settings, files: DiskFiles): Promise<{ snapshot: Snapshot; around: DiskSurroundings }> {
    const hosts = await lookUpHosts(hostsToLookUp(settings.configuration));
    const around = new DiskSurroundings(this.#paths, this.#logs, { hosts });
    checkOptions(optionsOf(settings.configuration, around, () => undefined));
    around.openLogs();
    this.#giveLogs(settings);
    const snapshot = { conf: [...files.texts], globs: [...files.globs], hosts, files: [...around.texts] };
    return { snapshot, around };
  }

  #giveLogs({ account }: Settings): void {
    if (account === undefined) return;
    for (const log of this.#logs) log.giveTo(account.uid, account.gid);
  }

  /** Applies the configuration files as they are now. Changes nothing when it throws. */
  async #takeOver(): Promise<void> {
    const files = new DiskFiles();
    const settings = loadSettings(files, this.#paths, this.#directives, (message) => this.#log.log('warn', message));
    if (settings.account?.uid !== this.#settings.account?.uid) {
      this.#log.log('warn', '"user" has changed, which requires a restart');
    }
    const targets = openErrorLogs(settings.configuration, this.#paths, this.#logs);
    const { snapshot, around } = await this.#prepare(settings, files);
    await this.#pid.moving(settings.pidPath, this.#log, () =>
      this.#workers.reload(Math.max(1, settings.workerProcesses), snapshot),
    );
    this.#settings = settings;
    this.#log = new ErrorLog(targets.process);
    this.#logs.closeAllBut(new Set([...targets.files, ...around.accessLogs.keys(), ...around.errorLogs]));
  }

  /** Creates the new files: where only root may do that, the workers cannot. */
  #reopen(): void {
    this.#logs.reopen((path, error) => this.#log.log('emerg', fileFailureMessage(path, error)));
    this.#giveLogs(this.#settings);
    this.#workers.reopen();
  }

  #end(how: 'quit' | 'stop'): void {
    if (this.#ending === 'stop' || this.#ending === how) return;
    this.#ending = how;
    void this.#workers.end(how === 'stop' ? 'SIGTERM' : 'SIGQUIT').then(() => {
      this.#log.log('notice', 'exit');
      process.exit(0);
    });
  }
}
