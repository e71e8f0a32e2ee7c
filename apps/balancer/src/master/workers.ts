import cluster from 'node:cluster';
import { constants } from 'node:os';
import { ConfError } from '@pinwheel/nginx-conf';
import type { ErrorLog, Snapshot } from '@pinwheel/nginx-disk';
import { type ProxyHistory, SessionTable } from '@pinwheel/proxy';
import type { ServingStatus } from '../serve/admin.js';
import { WorkerHandle } from './worker-handle.js';
import { type ToMaster, WORKER_MARKER } from '../worker/messages.js';

/** Milliseconds before another worker is started after one that exited before it served. */
const RETRY = 1_000;
/** Milliseconds between SIGTERM and SIGKILL. */
const LAST_MOMENT = 800;
/** Milliseconds after which a message that was sent before a question has certainly arrived. */
const CAUGHT_UP = 5;

/** The worker processes. They share their listeners, and each accepts connections itself. */
export class Workers {
  readonly #log: () => ErrorLog;
  readonly #sessions = new SessionTable();
  readonly #workers = new Set<WorkerHandle>();
  #snapshot: Snapshot = { conf: [], globs: [], hosts: [], files: [] };
  #isEnding = false;
  #onAllGone: (() => void) | undefined;

  constructor(log: () => ErrorLog) {
    this.#log = log;
    // With round robin every connection would pass through the master.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({
      exec: process.argv[1] ?? '',
      args: process.argv.slice(2),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  /**
   * Starts workers. Resolves when all of them serve.
   *
   * @throws ConfError with the reason of the first worker that cannot serve
   */
  async start(count: number, snapshot: Snapshot): Promise<void> {
    this.#snapshot = snapshot;
    const starting = Array.from({ length: count }, () => this.#fork());
    const failed = await Promise.all(starting.map(({ ready }) => ready));
    const why = failed.find((one) => one !== undefined);
    // If the end was ordered meanwhile, the exit of a worker is not a failure.
    if (why === undefined || this.#isEnding) return;
    await this.end('SIGKILL');
    throw new ConfError(why);
  }

  /**
   * Gives all workers another configuration. Nothing changes when the first worker cannot apply it.
   *
   * @throws ConfError
   */
  async reload(count: number, snapshot: Snapshot): Promise<void> {
    const serving = [...this.#workers].filter(({ hasServed, isLeaving }) => hasServed && !isLeaving);
    const [first] = serving;
    if (first === undefined) throw new ConfError('no worker process serves');
    const why = await first.order('reload', snapshot);
    if (why !== undefined) throw new ConfError(why);
    this.#snapshot = snapshot;
    await Promise.all([...serving].slice(1, count).map((worker) => this.#bringUpToDate(worker)));
    for (const worker of serving.slice(count)) worker.kill('SIGQUIT');
    const missing = count - [...this.#workers].filter(({ isLeaving }) => !isLeaving).length;
    await Promise.all(Array.from({ length: Math.max(0, missing) }, () => this.#fork().ready));
  }

  reopen(): void {
    for (const worker of this.#workers) worker.send({ kind: 'reopen' });
  }

  /** The statuses of the workers that answer within a second. */
  async statuses(): Promise<readonly ServingStatus[]> {
    const answers = await Promise.all([...this.#workers].map((worker) => worker.status()));
    return answers.filter((one) => one !== undefined);
  }

  /** The histories of the workers that answer within a second. */
  async histories(): Promise<readonly ProxyHistory[]> {
    const answers = await Promise.all([...this.#workers].map((worker) => worker.history()));
    return answers.filter((one) => one !== undefined);
  }

  /**
   * Ends all workers. SIGKILL follows SIGTERM if they do not exit.
   *
   * @returns resolves when all have exited
   */
  async end(signal: 'SIGQUIT' | 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#isEnding = true;
    for (const worker of this.#workers) worker.kill(signal);
    if (signal === 'SIGTERM') {
      setTimeout(() => {
        for (const worker of this.#workers) worker.kill('SIGKILL');
      }, LAST_MOMENT).unref();
    }
    await this.#allGone();
  }

  #allGone(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#workers.size === 0) {
        resolve();
        return;
      }
      const before = this.#onAllGone;
      this.#onAllGone = () => {
        before?.();
        resolve();
      };
    });
  }

  #fork(): { worker: WorkerHandle; ready: Promise<string | undefined> } {
    const worker = new WorkerHandle(cluster.fork({ [WORKER_MARKER]: '1' }), this.#snapshot, {
      onMessage: (message, from) => this.#heard(message, from),
      onExit: (...end) => this.#ended(...end),
    });
    this.#workers.add(worker);
    this.#log().log('notice', `start worker process ${worker.pid}`);
    const ready = worker.order('start', this.#snapshot).then(async (why) => {
      if (why === undefined) {
        for (const tag of this.#sessions.tags()) worker.send({ kind: 'tag', ...tag });
        // There may have been a reload meanwhile.
        if (worker.snapshot !== this.#snapshot) await this.#bringUpToDate(worker);
      }
      return why;
    });
    return { worker, ready };
  }

  /** Replaces a worker that cannot apply the configuration: it ends when its requests and tunnels have ended. */
  async #bringUpToDate(worker: WorkerHandle): Promise<void> {
    const why = await worker.order('reload', this.#snapshot);
    if (why === undefined || this.#isEnding || !this.#workers.has(worker)) return;
    this.#log().log('alert', `worker process ${worker.pid} could not reload and is replaced: ${why}`);
    worker.kill('SIGQUIT');
    this.#replace();
  }

  #replace(): void {
    void this.#fork().ready.then((why) => {
      if (why !== undefined && !this.#isEnding) this.#log().log('alert', why);
    });
  }

  #ended(worker: WorkerHandle, code: number | null, signal: string | null): void {
    this.#workers.delete(worker);
    if (signal === null) this.#log().log('notice', `worker process ${worker.pid} exited with code ${code ?? 0}`);
    else {
      const level = worker.isLeaving ? 'notice' : 'alert';
      this.#log().log(level, `worker process ${worker.pid} exited on signal ${numberOf(signal)}`);
    }
    if (this.#workers.size === 0) this.#onAllGone?.();
    for (const other of this.#workers) other.send({ kind: 'gone', from: worker.pid });
    if (this.#isEnding || worker.isLeaving) return;
    if (worker.hasServed) this.#replace();
    else {
      setTimeout(() => {
        if (!this.#isEnding) this.#replace();
      }, RETRY);
    }
  }

  #heard(message: ToMaster, from: WorkerHandle): void {
    if (message.kind === 'learned') {
      const { upstream, what, key, peer } = message;
      this.#sessions.learned(upstream, what, key, peer);
      if (what === 'sid') return;
      for (const worker of this.#workers) {
        if (worker !== from) worker.send({ kind: 'tag', upstream, tag: key, peer });
      }
    } else if (message.kind === 'peers') {
      const { upstream, news } = message;
      for (const worker of this.#workers) {
        if (worker !== from) worker.send({ kind: 'peers', from: from.pid, upstream, news });
      }
    } else if (message.kind === 'find') {
      const { id, upstream, sid } = message;
      const peer = this.#sessions.find(upstream, sid);
      if (peer !== undefined) {
        from.send({ kind: 'found', id, peer });
        return;
      }
      // The worker that learned the session reported it before the client could use it, but on another channel.
      setTimeout(() => {
        const later = this.#sessions.find(upstream, sid);
        from.send(later === undefined ? { kind: 'found', id } : { kind: 'found', id, peer: later });
      }, CAUGHT_UP);
    }
  }
}

function numberOf(signal: string): number | string {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return numbers[signal] ?? signal;
}
