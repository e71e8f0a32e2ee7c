import { ConfError } from '@pinwheel/nginx-conf';
import { ProcessMeter } from '@pinwheel/admin';
import type { CommandLine } from './command-line.js';
import { DiskFiles } from './conf-files.js';
import { openErrorLogs } from './error-log-targets.js';
import { LogFiles } from './log-files.js';
import { type Paths, pathsOf } from './paths.js';
import { dropPrivileges } from './privileges.js';
import { Service } from './service.js';
import { SessionQuestions } from './session-questions.js';
import { loadSettings, withoutProgram } from './settings.js';
import { obeySignals } from './signals.js';
import type { Snapshot } from './snapshot.js';
import { DiskSurroundings } from './surroundings.js';
import { systemReason } from './system-failure.js';
import { isMessage, type ToMaster, type ToWorker } from './worker-messages.js';

/** Serves what the master says, on the listeners that it shares, until it says otherwise. */
export function runWorker(line: CommandLine): void {
  process.title = 'pinwheel: worker process';
  const worker = new Worker(pathsOf(line), line.directives);
  process.on('message', (message: unknown) => {
    if (isMessage(message)) worker.obey(message as ToWorker);
  });
  tell({ kind: 'listening' });
}

/** A process that was started by a master. When the master is gone, it is too (`node:cluster` sees to that). */
class Worker {
  readonly #paths: Paths;
  readonly #directives: string;
  readonly #logs = new LogFiles();
  readonly #siblings = new SessionQuestions(tell);
  readonly #meter = new ProcessMeter('worker');
  #service: Service | undefined;

  constructor(paths: Paths, directives: string) {
    this.#paths = paths;
    this.#directives = directives;
  }

  obey(message: ToWorker): void {
    switch (message.kind) {
      case 'start':
        void this.#report(() => this.#start(message.snapshot));
        break;
      case 'reload':
        void this.#report(() => this.#reload(message.snapshot));
        break;
      case 'reopen':
        this.#service?.reopen();
        break;
      case 'status':
        tell({ kind: 'status', status: { process: this.#meter.read(), proxy: this.#service?.status() } });
        break;
      case 'history': {
        const history = this.#service?.history();
        tell(history === undefined ? { kind: 'history' } : { kind: 'history', history });
        break;
      }
      case 'tag':
        this.#service?.adoptTag(message.upstream, message.tag, message.peer);
        break;
      case 'peers':
        this.#service?.hearOfPeers(message.from, message);
        break;
      case 'gone':
        this.#service?.hearOfPeers(message.from, undefined);
        break;
      case 'found':
        this.#siblings.answer(message.id, message.peer);
        break;
    }
  }

  /** Never rejects but for a bug. */
  async #report(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      tell({ kind: 'done' });
    } catch (error) {
      if (!(error instanceof ConfError)) throw error;
      tell({ kind: 'failed', why: withoutProgram(error) });
    }
  }

  async #start(snapshot: Snapshot): Promise<void> {
    const settings = loadSettings(new DiskFiles(snapshot), this.#paths, this.#directives);
    const targets = openErrorLogs(settings.configuration, this.#paths, this.#logs);
    const service = new Service(this.#paths, this.#logs, settings, targets, this.#siblings);
    this.#service = service;
    await service.start(new DiskSurroundings(this.#paths, this.#logs, snapshot));
    const { account } = settings;
    if (account !== undefined) {
      try {
        dropPrivileges(account);
      } catch (error) {
        throw new ConfError(`becoming user "${account.user}" failed (${systemReason(error)})`);
      }
    }
    obeySignals({
      stop: () => service.end('stop'),
      quit: () => service.end('quit'),
      // Those are for the master.
      reload: () => undefined,
      reopen: () => service.reopen(),
      log: (text) => service.log.log('notice', text),
    });
    service.serving();
  }

  async #reload(snapshot: Snapshot): Promise<void> {
    const settings = loadSettings(new DiskFiles(snapshot), this.#paths, this.#directives);
    await this.#service?.take(settings, new DiskSurroundings(this.#paths, this.#logs, snapshot));
  }
}

/** What cannot be said because the master is gone need not be said. */
function tell(message: ToMaster): void {
  if (process.connected) process.send?.(message);
}
