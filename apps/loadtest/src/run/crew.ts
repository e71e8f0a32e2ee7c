import { addCounts, noCounts } from '../accounting/counts.js';
import { Times } from '../measure/histogram.js';
import type { FromWorker, Pulse, ToWorker, WorkerPlan, WorkerReport } from '../worker/messages.js';
import type { Second } from '../report/live.js';
import { RunFailure } from './run-failure.js';
import { startHere, startProcess, type WorkerHost } from './worker-host.js';

interface Worker {
  host: WorkerHost | undefined;
  alive: boolean;
  pulse: Pulse | undefined;
}

const GONE_MS = 3_000;

/** All workers together. A single worker runs in this process, several are processes of their own. */
export class Crew {
  /** Called for every second when all workers have reported it. */
  onSecond: (second: Second) => void = () => undefined;
  readonly #workers: Worker[];
  readonly #heard = new Set<(worker: number, message: FromWorker) => void>();
  readonly #lost = new Set<() => void>();
  #leaving = false;

  constructor(plan: Omit<WorkerPlan, 'worker' | 'workers'>, workers: number) {
    const start = workers === 1 ? startHere : startProcess;
    this.#workers = Array.from({ length: workers }, (_, index) => {
      const worker: Worker = { host: undefined, alive: true, pulse: undefined };
      worker.host = start({
        onMessage: (message) => this.#onMessage(index, worker, message),
        onEnd: () => this.#onEnd(worker),
      });
      worker.host.send({ type: 'plan', plan: { ...plan, worker: index, workers } });
      return worker;
    });
  }

  /** Number of workers that exited unexpectedly. */
  get lost(): number {
    return this.#leaving ? 0 : this.#workers.filter((worker) => !worker.alive).length;
  }

  send(message: ToWorker): void {
    for (const { alive, host } of this.#workers) if (alive) host?.send(message);
  }

  /** Sends a message, and waits until every live worker has answered with a message of `type`. */
  ask<T extends FromWorker['type']>(
    type: T,
    message?: ToWorker,
    fits: (answer: Extract<FromWorker, { type: T }>) => boolean = () => true,
  ): Promise<Extract<FromWorker, { type: T }>[]> {
    return new Promise((resolve) => {
      const answers = new Map<number, Extract<FromWorker, { type: T }>>();
      const look = (): void => {
        if (!this.#workers.every((worker, index) => !worker.alive || answers.has(index))) return;
        this.#heard.delete(hear);
        this.#lost.delete(look);
        resolve([...answers.values()]);
      };
      const hear = (worker: number, answer: FromWorker): void => {
        if (!isOf(answer, type) || !fits(answer)) return;
        answers.set(worker, answer);
        look();
      };
      this.#heard.add(hear);
      this.#lost.add(look);
      if (message !== undefined) this.send(message);
      look();
    });
  }

  /** Resolves when a worker is lost. */
  loss(): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.lost > 0) resolve();
      };
      this.#lost.add(look);
      look();
    });
  }

  async report(): Promise<WorkerReport[]> {
    const reports = await this.ask('report', { type: 'report' });
    if (reports.length === 0) throw new RunFailure('all workers exited unexpectedly');
    return reports;
  }

  /** Deliveries that are due and have not arrived, according to the last pulses. */
  get outstanding(): number {
    return this.#workers.reduce((sum, { pulse }) => sum + (pulse?.outstanding ?? 0), 0);
  }

  get online(): number {
    return this.#workers.reduce((sum, { pulse }) => sum + (pulse?.online ?? 0), 0);
  }

  /** Disconnects the clients and ends the workers. */
  async leave(): Promise<void> {
    this.#leaving = true;
    this.send({ type: 'leave' });
    const overdue = setTimeout(() => this.end(), GONE_MS);
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.#workers.every((worker) => !worker.alive)) resolve();
      };
      this.#lost.add(look);
      look();
    });
    clearTimeout(overdue);
  }

  /** Ends the workers at once. */
  end(): void {
    this.#leaving = true;
    for (const { alive, host } of this.#workers) if (alive) host?.end();
  }

  #onMessage(index: number, worker: Worker, message: FromWorker): void {
    if (message.type === 'pulse') {
      worker.pulse = message;
      this.#lookForSecond(message.second);
    }
    for (const hear of this.#heard) hear(index, message);
  }

  #onEnd(worker: Worker): void {
    worker.alive = false;
    for (const look of this.#lost) look();
  }

  /** The last second that was reported. */
  #reported = 0;

  #lookForSecond(second: number): void {
    const alive = this.#workers.filter((worker) => worker.alive);
    if (second <= this.#reported || alive.some(({ pulse }) => pulse === undefined || pulse.second < second)) return;
    this.#reported = second;
    this.onSecond(
      together(
        second,
        alive.flatMap(({ pulse }) => pulse ?? []),
      ),
    );
  }
}

function isOf<T extends FromWorker['type']>(message: FromWorker, type: T): message is Extract<FromWorker, { type: T }> {
  return message.type === type;
}

function together(second: number, pulses: readonly Pulse[]): Second {
  const counts = noCounts();
  for (const pulse of pulses) addCounts(counts, pulse.counts);
  const times = new Times(2);
  for (const pulse of pulses) times.addCells(pulse.latency);
  const nodes: Record<string, number> = {};
  for (const pulse of pulses) {
    for (const [node, online] of Object.entries(pulse.nodes)) nodes[node] = (nodes[node] ?? 0) + online;
  }
  const sum = (of: (pulse: Pulse) => number): number => pulses.reduce((all, pulse) => all + of(pulse), 0);
  return {
    second,
    online: sum((pulse) => pulse.online),
    started: sum((pulse) => pulse.started),
    counts,
    outstanding: sum((pulse) => pulse.outstanding),
    disconnects: sum((pulse) => pulse.disconnects),
    failures: sum((pulse) => pulse.failures),
    p50: times.percentile(50),
    p99: times.percentile(99),
    max: times.max,
    deliveries: times.count,
    nodes,
    cpuPercent: Math.max(0, ...pulses.map((pulse) => pulse.cpuPercent)),
  };
}
