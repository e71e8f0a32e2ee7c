import type { Proxy, ProxyHistory, ProxyStatus, Siblings } from '@pinwheel/proxy';
import { ConfiguredProxy, optionsOf } from './configured-proxy.js';
import { ErrorLog } from './error-log.js';
import { type ErrorLogTargets, openErrorLogs } from './error-log-targets.js';
import type { LogFiles } from './log-files.js';
import type { Paths } from './paths.js';
import type { Settings } from './settings.js';
import type { DiskSurroundings } from './surroundings.js';
import { fileFailureMessage } from './system-failure.js';

/** A configuration at work in this process: its proxy and its logs, from the start to the end of the process. */
export class Service {
  readonly #paths: Paths;
  readonly #logs: LogFiles;
  readonly #siblings: Siblings | undefined;
  readonly #proxy = new ConfiguredProxy();
  #settings: Settings;
  #log: ErrorLog;
  #requestLog: ErrorLog;
  #ending: 'quit' | 'stop' | undefined;

  constructor(paths: Paths, logs: LogFiles, settings: Settings, targets: ErrorLogTargets, siblings?: Siblings) {
    this.#paths = paths;
    this.#logs = logs;
    this.#siblings = siblings;
    this.#settings = settings;
    this.#log = new ErrorLog(targets.process, true);
    this.#requestLog = new ErrorLog(targets.requests, false);
    process.on('exit', () => logs.flush());
  }

  /** Where the process logs. */
  get log(): ErrorLog {
    return this.#log;
  }

  get settings(): Settings {
    return this.#settings;
  }

  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  /**
   * Opens the access logs and binds the listeners.
   *
   * @throws ConfError in nginx's words when it cannot
   */
  async start(around: DiskSurroundings): Promise<void> {
    const options = this.#options(this.#settings, around);
    around.openLogs();
    await this.#proxy.serve(options);
  }

  /** The start is over: stderr is told no more, and what the process should die of is logged. */
  serving(): void {
    this.#log = this.#log.serving();
    process.on('uncaughtExceptionMonitor', (error) => {
      this.#log.log('alert', `the process ends: ${error.stack ?? error.message}`);
    });
  }

  /** Takes over another configuration. Nothing has changed when it throws. */
  async take(settings: Settings, around: DiskSurroundings): Promise<void> {
    const options = this.#options(settings, around);
    const targets = openErrorLogs(settings.configuration, this.#paths, this.#logs);
    around.openLogs();
    await this.#proxy.serve(options, settings.shutdownTimeout);
    this.#settings = settings;
    this.#log = new ErrorLog(targets.process, false);
    this.#requestLog = new ErrorLog(targets.requests, false);
    this.#logs.closeAllBut(new Set([...targets.files, ...around.accessLogs.keys(), ...around.errorLogs]));
    // The end began while listeners were being bound: they end, too.
    if (this.#ending !== undefined) this.#close(this.#ending);
  }

  #options(settings: Settings, around: DiskSurroundings): ReturnType<typeof optionsOf> {
    const options = optionsOf(settings.configuration, around, (level, message) => this.#requestLog.log(level, message));
    return this.#siblings === undefined ? options : { ...options, siblings: this.#siblings };
  }

  /** See `Siblings`. */
  hearOfPeers(...told: Parameters<Proxy['hearOfPeers']>): void {
    this.#proxy.hearOfPeers(...told);
  }

  /** See `Siblings`. */
  adoptTag(upstream: string, tag: string, peer: string): void {
    this.#proxy.adoptTag(upstream, tag, peer);
  }

  /** Undefined while it listens nowhere. */
  status(): ProxyStatus | undefined {
    return this.#proxy.status();
  }

  history(): ProxyHistory | undefined {
    return this.#proxy.history();
  }

  reopen(): void {
    this.#logs.reopen((path, error) => this.#log.log('emerg', fileFailureMessage(path, error)));
    this.#log.log('notice', 'reopened logs');
  }

  /**
   * Ends the process with code 0: at once, or when what has begun is over. A stop goes before a quit that is under way;
   * nothing else is listened to any more.
   */
  end(how: 'quit' | 'stop'): void {
    if (this.#ending === 'stop' || this.#ending === how) return;
    this.#ending = how;
    if (how === 'quit') this.#log.log('notice', 'gracefully shutting down');
    this.#close(how);
  }

  #close(how: 'quit' | 'stop'): void {
    this.#proxy.close(how === 'stop' ? 0 : this.#settings.shutdownTimeout).then(
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
}
