import type { Worker } from 'node:cluster';
import type { ProxyHistory } from '@pinwheel/proxy';
import type { ServingStatus } from '../serve/admin.js';
import { Question } from './question.js';
import { isMessage, type ToMaster, type ToWorker } from '../worker/messages.js';
import type { Snapshot } from '@pinwheel/nginx-disk';

/** Milliseconds in which a worker must answer with its status or history. */
const STATUS_LIMIT = 1_000;

export interface WorkerEvents {
  /** The worker has learned something, or asks something. */
  onMessage(message: ToMaster, from: WorkerHandle): void;
  onExit(worker: WorkerHandle, code: number | null, signal: string | null): void;
}

/** The master's view of one worker. */
export class WorkerHandle {
  readonly pid: number;
  /** The worker was ordered to end: it is not replaced. */
  isLeaving = false;
  /** The worker has served. */
  hasServed = false;
  /** The configuration that the worker serves, or was given last. */
  snapshot: Snapshot;
  readonly #worker: Worker;
  #waiting: ToWorker[] | undefined = [];
  #onReport: ((why: string | undefined) => void) | undefined;
  readonly #status = new Question<ServingStatus>(() => this.send({ kind: 'status' }), STATUS_LIMIT);
  readonly #history = new Question<ProxyHistory>(() => this.send({ kind: 'history' }), STATUS_LIMIT);

  constructor(worker: Worker, snapshot: Snapshot, events: WorkerEvents) {
    this.#worker = worker;
    this.snapshot = snapshot;
    this.pid = worker.process.pid ?? 0;
    worker.on('message', (message: unknown) => {
      if (!isMessage(message)) return;
      const report = message as ToMaster;
      if (report.kind === 'listening') this.#sendWaiting();
      else if (report.kind === 'done') this.#report(undefined);
      else if (report.kind === 'failed') this.#report(report.why);
      else if (report.kind === 'status') this.#status.answer(report.status);
      else if (report.kind === 'history') this.#history.answer(report.history);
      else events.onMessage(report, this);
    });
    // When the channel breaks the process exits, and its exit event counts.
    worker.on('error', () => undefined);
    worker.once('exit', (code: number | null, signal: string | null) => {
      this.#report(`worker process ${this.pid} exited`);
      this.#status.answer(undefined);
      this.#history.answer(undefined);
      events.onExit(this, code, signal);
    });
  }

  /**
   * Makes the worker start or reload.
   *
   * @returns why it failed; undefined when it succeeded
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

  /** The worker's status; undefined without an answer within a second. */
  status(): Promise<ServingStatus | undefined> {
    return this.#status.ask();
  }

  /** The worker's history; undefined without an answer within a second, or when it listens nowhere. */
  history(): Promise<ProxyHistory | undefined> {
    return this.#history.ask();
  }

  /** Messages arrive in the order in which they are sent. Early ones wait until the worker listens. */
  send(message: ToWorker): void {
    if (this.#waiting !== undefined) this.#waiting.push(message);
    else if (this.#worker.isConnected()) this.#worker.send(message);
  }

  /** Signals the worker to end, unless it has exited already. */
  kill(signal: NodeJS.Signals): void {
    this.isLeaving = true;
    if (!this.#worker.isDead()) this.#worker.process.kill(signal);
  }

  #sendWaiting(): void {
    const messages = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const message of messages) this.send(message);
  }

  #report(why: string | undefined): void {
    this.#onReport?.(why);
    this.#onReport = undefined;
  }
}
