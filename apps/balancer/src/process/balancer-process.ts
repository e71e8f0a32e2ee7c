import { ConfError, type Configuration, hostsToLookUp } from '@pinwheel/nginx-conf';
import { DiskFiles } from './conf-files.js';
import { ConfiguredProxy, optionsOf } from './configured-proxy.js';
import { ErrorLog } from './error-log.js';
import { type ErrorLogTargets, openErrorLogs } from './error-log-targets.js';
import { lookUpHosts } from './host-addresses.js';
import type { LogFiles } from './log-files.js';
import type { Paths } from './paths.js';
import { PidFile } from './pid-file.js';
import { dropPrivileges } from './privileges.js';
import { loadSettings, type Settings, withoutProgram } from './settings.js';
import { obeySignals } from './signals.js';
import { DiskSurroundings } from './surroundings.js';
import { fileFailureMessage, systemReason } from './system-failure.js';
import { tellServing } from './terminal.js';
import { programVersion } from './usage.js';

/** A process that serves a configuration until a signal ends it. */
export class BalancerProcess {
  readonly #paths: Paths;
  readonly #directives: string;
  readonly #logs: LogFiles;
  readonly #proxy = new ConfiguredProxy();
  #settings: Settings;
  #log: ErrorLog;
  #requestLog: ErrorLog;
  #pidFile: PidFile;
  #ending: 'quit' | 'stop' | undefined;
  /** The reload under way, and whether another one has been asked for since it read its files. */
  #reloading = false;
  #reloadAgain = false;

  constructor(paths: Paths, directives: string, settings: Settings, logs: LogFiles, targets: ErrorLogTargets) {
    this.#paths = paths;
    this.#directives = directives;
    this.#logs = logs;
    this.#settings = settings;
    this.#log = new ErrorLog(targets.process, true);
    this.#requestLog = new ErrorLog(targets.requests, false);
    this.#pidFile = new PidFile(settings.pidPath);
  }

  /**
   * Binds the listeners, writes the pid file, gives up root's rights and serves.
   *
   * @throws ConfError in nginx's words when it cannot
   */
  async start(): Promise<void> {
    const { configuration, account } = this.#settings;
    const around = await this.#surroundings(configuration);
    const options = this.#options(configuration, around);
    around.openLogs();
    await this.#proxy.serve(options);
    this.#obey();
    process.on('exit', () => this.#removePidFile());
    // Signals alone do not keep a process alive that has nothing to listen to.
    setInterval(() => undefined, 2_147_483_647);
    this.#writePidFile(this.#pidFile);
    if (account !== undefined) {
      try {
        dropPrivileges(account, this.#logs, this.#pidFile);
      } catch (error) {
        throw new ConfError(`becoming user "${account.user}" failed (${systemReason(error)})`);
      }
    }
    this.#log = this.#log.serving();
    this.#announce();
    process.on('uncaughtExceptionMonitor', (error) => {
      this.#log.log('alert', `the process ends: ${error.stack ?? error.message}`);
    });
    tellServing();
  }

  async #surroundings(configuration: Configuration): Promise<DiskSurroundings> {
    return new DiskSurroundings(this.#paths, this.#logs, await lookUpHosts(hostsToLookUp(configuration)));
  }

  #options(configuration: Configuration, around: DiskSurroundings): ReturnType<typeof optionsOf> {
    return optionsOf(configuration, around, (level, message) => this.#requestLog.log(level, message));
  }

  #announce(): void {
    this.#log.log('notice', `${programVersion()} serves ${this.#paths.confFile}`);
    const { workerProcesses } = this.#settings;
    if (workerProcesses !== 1 && workerProcesses !== 'auto') {
      this.#log.log('notice', `worker_processes ${workerProcesses}: one process serves all connections`);
    }
  }

  #obey(): void {
    obeySignals({
      stop: () => this.#end('stop', 0),
      quit: () => this.#end('quit', this.#settings.shutdownTimeout),
      reload: () => void this.#reload(),
      reopen: () => this.#reopen(),
      log: (message) => this.#log.log('notice', message),
    });
  }

  /** Ends with code 0. A stop goes before a quit that is under way; nothing else is listened to any more. */
  #end(how: 'quit' | 'stop', graceMs: number | undefined): void {
    if (this.#ending === 'stop' || this.#ending === how) return;
    this.#ending = how;
    if (how === 'quit') this.#log.log('notice', 'gracefully shutting down');
    this.#close(graceMs);
  }

  #close(graceMs: number | undefined): void {
    this.#proxy.close(graceMs).then(
      () => {
        this.#log.log('notice', 'exit');
        process.exit(0);
      },
      (error: unknown) => {
        this.#log.log('alert', `closing failed: ${String(error)}`);
        process.exit(1);
      },
    );
  }

  /** Never rejects. */
  async #reload(): Promise<void> {
    if (this.#ending !== undefined) return;
    if (this.#reloading) {
      this.#reloadAgain = true;
      return;
    }
    this.#reloading = true;
    do {
      this.#reloadAgain = false;
      this.#log.log('notice', 'reconfiguring');
      try {
        await this.#takeOver();
        this.#log.log('notice', 'reconfigured');
      } catch (error) {
        this.#log.log('emerg', withoutProgram(error instanceof ConfError ? error : String(error)));
      }
    } while (this.#wantsReload());
    this.#reloading = false;
    // The end began while listeners were being bound: they end, too.
    if (this.#isEnding()) this.#close(this.#ending === 'quit' ? this.#settings.shutdownTimeout : 0);
  }

  #wantsReload(): boolean {
    return this.#reloadAgain && !this.#isEnding();
  }

  #isEnding(): boolean {
    return this.#ending !== undefined;
  }

  /** Takes over the configuration as its files are now. Nothing has changed when it throws. */
  async #takeOver(): Promise<void> {
    const settings = loadSettings(new DiskFiles(), this.#paths, this.#directives);
    for (const warning of settings.warnings) this.#log.log('warn', warning);
    const around = await this.#surroundings(settings.configuration);
    const options = this.#options(settings.configuration, around);
    const targets = openErrorLogs(settings.configuration, this.#paths, this.#logs);
    around.openLogs();
    const old = this.#pidFile;
    const moved = settings.pidPath === old.path ? undefined : new PidFile(settings.pidPath);
    if (moved !== undefined) this.#writePidFile(moved);
    try {
      await this.#proxy.serve(options);
    } catch (error) {
      moved?.remove();
      throw error;
    }
    if (moved !== undefined) {
      this.#removePidFile();
      this.#pidFile = moved;
    }
    this.#settings = settings;
    this.#log = new ErrorLog(targets.process, false);
    this.#requestLog = new ErrorLog(targets.requests, false);
    const errorLogs = [...targets.process, ...targets.requests].map(({ file }) => file);
    this.#logs.closeAllBut(new Set([...errorLogs, ...around.accessLogs]));
  }

  #reopen(): void {
    this.#logs.reopen((path, error) => this.#log.log('emerg', fileFailureMessage(path, error)));
  }

  #writePidFile(file: PidFile): void {
    try {
      file.write();
    } catch (error) {
      throw new ConfError(fileFailureMessage(file.path, error));
    }
  }

  #removePidFile(): void {
    try {
      this.#pidFile.remove();
    } catch (error) {
      this.#log.log('alert', `unlink() "${this.#pidFile.path}" failed (${systemReason(error)})`);
    }
  }
}
