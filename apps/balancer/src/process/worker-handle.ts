import type { Worker } from 'node:cluster';
import type { ProxyHistory } from '@pinwheel/proxy';
import type { ServingStatus } from './process-admin.js';
import { Question } from './question.js';
import { isMessage, type ToMaster, type ToWorker } from './worker-messages.js';
import type { Snapshot } from './snapshot.js';

/** Milliseconds that a worker has to tell its status or its history. */
const STATUS_LIMIT = 1_000;

export interface WorkerEvents {
  /** It has learned something, or asks. */
  onMessage(message: ToMaster, from: WorkerHandle): void;
  onExit(worker: WorkerHandle, code: number | null, signal: string | null): void;
}

/** One worker, as the master sees it. */
export class WorkerHandle {
  readonly pid: number;
  /** Its end is wanted: another one need not take its place. */
  isLeaving = false;
  /** It has served. */
  hasServed = false;
  /** The configuration that it has, or was told last. */
  snapshot: Snapshot;
  readonly #worker: Worker;
  #unheard: ToWorker[] | undefined = [];
  #onReport: ((why: string | undefined) => void) | undefined;
  readonly #status = new Question<ServingStatus>(() => this.send({ kind: 'status' }), STATUS_LIMIT);
  readonly #history = new Question<ProxyHistory>(() => this.send({ kind: 'history' }), STATUS_LIMIT);

  constructor(worker: Worker, snapshot: Snapshot, events: WorkerEvents) {
    this.#worker = worker;
    this.snapshot = snapshot;
    this.pid = worker.process.pid ?? 0;
    worker.on('message', (message: unknown) => {
      if (!isMessage(message)) return;
      const said = message as ToMaster;
      if (said.kind === 'listening') this.#hears();
      else if (said.kind === 'done') this.#report(undefined);
      else if (said.kind === 'failed') this.#report(said.why);
      else if (said.kind === 'status') this.#status.answer(said.status);
      else if (said.kind === 'history') this.#history.answer(said.history);
      else events.onMessage(said, this);
    });
    // A channel that breaks is followed by the end of the process, which is what counts.
    worker.on('error', () => undefined);
    worker.once('exit', (code: number | null, signal: string | null) => {
      this.#report(`worker process ${this.pid} has ended`);
      this.#status.answer(undefined);
      this.#history.answer(undefined);
      events.onExit(this, code, signal);
    });
  }

  /**
   * Has it start or reload.
   *
   * @returns why it could not; undefined when it has
   */
  async order(kind: 'start' | 'reload', snapshot: Snapshot): Promise<string | undefined> {
    const why = await new Promise<string | undefined>((resolve) => {
      this.#onReport = resolve;
      this.send({ kind, snapshot });
    });
    if (why === undefined) {
      this.hasServed = true;
      this.snapshot = snapshot;
    }
    return why;
  }

  /** What it holds and has done; undefined when it does not say so within a second. */
  status(): Promise<ServingStatus | undefined> {
    return this.#status.ask();
  }

  /** As `status`; undefined also when it listens nowhere. */
  history(): Promise<ProxyHistory | undefined> {
    return this.#history.ask();
  }

  /** Messages reach it in the order in which they are sent, those of its start as soon as it hears them. */
  send(message: ToWorker): void {
    if (this.#unheard !== undefined) this.#unheard.push(message);
    else if (this.#worker.isConnected()) this.#worker.send(message);
  }

  /** Ends it; one that has gone already is left alone. */
  kill(signal: NodeJS.Signals): void {
    this.isLeaving = true;
    if (!this.#worker.isDead()) this.#worker.process.kill(signal);
  }

  #hears(): void {
    const messages = this.#unheard ?? [];
    this.#unheard = undefined;
    for (const message of messages) this.send(message);
  }

  #report(why: string | undefined): void {
    this.#onReport?.(why);
    this.#onReport = undefined;
  }
}
