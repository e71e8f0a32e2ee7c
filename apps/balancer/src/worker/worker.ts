import { ConfError } from '@pinwheel/nginx-conf';
import {
  DiskFiles,
  DiskSurroundings,
  LogFiles,
  openErrorLogs,
  type Paths,
  type Snapshot,
  systemReason,
  withoutProgram,
} from '@pinwheel/nginx-disk';
import type { ProcessMeter } from '@pinwheel/admin';
import { dropPrivileges } from './privileges.js';
import { Service } from '../serve/service.js';
import { SessionQuestions } from './session-questions.js';
import { loadSettings } from '../serve/settings.js';
import { obeySignals } from '../serve/signals.js';
import { isMessage, type ToMaster, type ToWorker } from './messages.js';

/** Runs a worker: it obeys the messages of the master and serves on the listeners that the workers share. */
export function runWorker(paths: Paths, directives: string): void {
  process.title = 'pinwheel: worker process';
  const worker = new Worker(paths, directives);
  process.on('message', (message: unknown) => {
    if (isMessage(message)) worker.obey(message as ToWorker);
  });
  send({ kind: 'listening' });
}

/** A process that a master started. When the master exits, so does the worker (`node:cluster` ensures it). */
class Worker {
  readonly #paths: Paths;
  readonly #directives: string;
  readonly #logs = new LogFiles();
  readonly #siblings = new SessionQuestions(send);
  #meter: ProcessMeter | undefined;
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
        void this.#sendStatus();
        break;
      case 'history': {
        const history = this.#service?.history();
        send(history === undefined ? { kind: 'history' } : { kind: 'history', history });
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

  /** The master asks only when it has an admin listener: most workers never load the meter. */
  async #sendStatus(): Promise<void> {
    const { ProcessMeter } = await import('@pinwheel/admin');
    this.#meter ??= new ProcessMeter('worker');
    send({ kind: 'status', status: { process: this.#meter.read(), proxy: this.#service?.status() } });
  }

  /** Rejects only for a bug. */
  async #report(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      send({ kind: 'done' });
    } catch (error) {
      if (!(error instanceof ConfError)) throw error;
      send({ kind: 'failed', why: withoutProgram(error) });
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
      // Only the master obeys this signal.
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

/** Sends a message, unless the master has exited. */
function send(message: ToMaster): void {
  if (process.connected) process.send?.(message);
}
