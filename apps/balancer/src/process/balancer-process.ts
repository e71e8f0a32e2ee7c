import { hostsToLookUp } from '@pinwheel/nginx-conf';
import { ProcessMeter } from '@pinwheel/admin';
import { DiskFiles } from './conf-files.js';
import { lookUpHosts } from './host-addresses.js';
import type { ErrorLogTargets } from './error-log-targets.js';
import type { LogFiles } from './log-files.js';
import type { Paths } from './paths.js';
import { PidKeeper } from './pid-keeper.js';
import { openAdmin } from './process-admin.js';
import { Reloads } from './reloads.js';
import { Service } from './service.js';
import { loadSettings, needsMaster, type Settings } from './settings.js';
import { obeySignals } from './signals.js';
import { DiskSurroundings } from './surroundings.js';
import { tellServing } from './terminal.js';
import { programVersion } from './usage.js';

/** A process that serves a configuration by itself until a signal ends it. */
export class BalancerProcess {
  readonly #paths: Paths;
  readonly #directives: string;
  readonly #logs: LogFiles;
  readonly #service: Service;
  readonly #pid: PidKeeper;

  constructor(paths: Paths, directives: string, settings: Settings, logs: LogFiles, targets: ErrorLogTargets) {
    this.#paths = paths;
    this.#directives = directives;
    this.#logs = logs;
    this.#service = new Service(paths, logs, settings, targets);
    this.#pid = new PidKeeper(settings.pidPath);
  }

  /**
   * Binds the listeners, writes the pid file and serves.
   *
   * @throws ConfError in nginx's words when it cannot
   */
  async start(): Promise<void> {
    const service = this.#service;
    const meter = new ProcessMeter('alone');
    await service.start(await this.#surroundings(service.settings));
    await openAdmin(
      {
        role: 'alone',
        statuses: () => Promise.resolve([{ process: meter.read(), proxy: service.status() }]),
        histories: () => Promise.resolve([service.history()].filter((one) => one !== undefined)),
      },
      (level, message) => service.log.log(level, message),
    );
    const reloads = new Reloads(
      () => this.#takeOver(),
      () => service.log,
      () => service.isEnding,
    );
    obeySignals({
      stop: () => service.end('stop'),
      quit: () => service.end('quit'),
      reload: () => void reloads.ask(),
      reopen: () => service.reopen(),
      log: (message) => service.log.log('notice', message),
    });
    process.on('exit', () => this.#pid.remove(service.log));
    // Signals alone do not keep a process alive that has nothing to listen to.
    setInterval(() => undefined, 2_147_483_647);
    this.#pid.write();
    service.serving();
    service.log.log('notice', `${programVersion()} serves ${this.#paths.confFile}`);
    tellServing();
  }

  /** Takes over the configuration as its files are now. Nothing has changed when it throws. */
  async #takeOver(): Promise<void> {
    const { log } = this.#service;
    const settings = loadSettings(new DiskFiles(), this.#paths, this.#directives, (message) =>
      log.log('warn', message),
    );
    if (needsMaster(settings)) {
      log.log(
        'warn',
        '"worker_processes" and "user" have changed, which takes effect when the program is started anew',
      );
    }
    const around = await this.#surroundings(settings);
    await this.#pid.moving(settings.pidPath, log, () => this.#service.take(settings, around));
  }

  async #surroundings({ configuration }: Settings): Promise<DiskSurroundings> {
    const hosts = await lookUpHosts(hostsToLookUp(configuration));
    return new DiskSurroundings(this.#paths, this.#logs, { hosts });
  }
}
