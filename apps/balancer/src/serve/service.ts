import type { Proxy, ProxyHistory, ProxyStatus, Siblings } from '@pinwheel/proxy';
import {
  type DiskSurroundings,
  ErrorLog,
  type ErrorLogTargets,
  fileFailureMessage,
  type LogFiles,
  openErrorLogs,
  optionsOf,
  type Paths,
} from '@pinwheel/nginx-disk';
import { ConfiguredProxy } from './configured-proxy.js';
import { printToTerminal } from './terminal.js';
import type { Settings } from './settings.js';

/** The configuration that this process serves: its proxy and its logs, from the start to the end of the process. */
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
    this.#log = new ErrorLog(targets.process, printToTerminal);
    this.#requestLog = new ErrorLog(targets.requests);
    process.on('exit', () => logs.flush());
  }

  /** The log of the process. */
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

  /** Ends the start: the terminal gets no more messages, and an error that ends the process is logged. */
  serving(): void {
    this.#log = this.#log.serving();
    process.on('uncaughtExceptionMonitor', (error) => {
      this.#log.log('alert', `the process exits: ${error.stack ?? error.message}`);
    });
  }

  /** Applies another configuration. Changes nothing when it throws. */
  async take(settings: Settings, around: DiskSurroundings): Promise<void> {
    const options = this.#options(settings, around);
    const targets = openErrorLogs(settings.configuration, this.#paths, this.#logs);
    around.openLogs();
    await this.#proxy.serve(options, settings.shutdownTimeout);
    this.#settings = settings;
    this.#log = new ErrorLog(targets.process);
    this.#requestLog = new ErrorLog(targets.requests);
    this.#logs.closeAllBut(new Set([...targets.files, ...around.accessLogs.keys(), ...around.errorLogs]));
    // The end began while listeners were being bound: those are closed, too.
    if (this.#ending !== undefined) this.#close(this.#ending);
  }

  #options(settings: Settings, around: DiskSurroundings): ReturnType<typeof optionsOf> {
    const options = optionsOf(settings.configuration, around, (level, message) => this.#requestLog.log(level, message));
    return this.#siblings === undefined ? options : { ...options, siblings: this.#siblings };
  }

  /** See `Siblings`. */
  hearOfPeers(...news: Parameters<Proxy['hearOfPeers']>): void {
    this.#proxy.hearOfPeers(...news);
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
   * Exits with code 0: `stop` at once, `quit` when the open requests and tunnels have ended. A stop overrides a quit;
   * after that nothing else is obeyed.
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
