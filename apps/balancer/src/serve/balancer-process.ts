import { hostsToLookUp } from '@pinwheel/nginx-conf';
import {
  DiskFiles,
  DiskSurroundings,
  type ErrorLogTargets,
  type LogFiles,
  lookUpHosts,
  type Paths,
} from '@pinwheel/nginx-disk';
import { PidKeeper } from './pid-keeper.js';
import { openAdmin } from './admin.js';
import { Reloads } from './reloads.js';
import { Service } from './service.js';
import { loadSettings, needsMaster, type Settings } from './settings.js';
import { obeySignals } from './signals.js';
import { notifyServing } from './terminal.js';
import { programVersion } from './version.js';

/** A process that serves a configuration without workers, until a signal ends it. */
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
    await service.start(await this.#surroundings(service.settings));
    await openAdmin(
      {
        role: 'alone',
        statuses: (ownProcess) => Promise.resolve([{ process: ownProcess, proxy: service.status() }]),
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
    // A process without listeners stays alive: signals alone do not keep it running.
    setInterval(() => undefined, 2_147_483_647);
    this.#pid.write();
    service.serving();
    service.log.log('notice', `${programVersion()} serves ${this.#paths.confFile}`);
    notifyServing();
  }

  /** Applies the configuration files as they are now. Changes nothing when it throws. */
  async #takeOver(): Promise<void> {
    const { log } = this.#service;
    const settings = loadSettings(new DiskFiles(), this.#paths, this.#directives, (message) =>
      log.log('warn', message),
    );
    if (needsMaster(settings)) {
      log.log('warn', 'a change of "worker_processes" or "user" requires a restart');
    }
    const around = await this.#surroundings(settings);
    await this.#pid.moving(settings.pidPath, log, () => this.#service.take(settings, around));
  }

  async #surroundings({ configuration }: Settings): Promise<DiskSurroundings> {
    const hosts = await lookUpHosts(hostsToLookUp(configuration));
    return new DiskSurroundings(this.#paths, this.#logs, { hosts });
  }
}
