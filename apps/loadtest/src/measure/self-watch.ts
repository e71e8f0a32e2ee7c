import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Times } from './histogram.js';

/** The state of the worker's own process during a stage. */
export interface SelfReport {
  /** Percent of one CPU, from the first planned message of the stage to its end. */
  readonly cpuPercent: number;
  readonly cpuMs: number;
  /** CPU since the worker's start, connecting and warm-up included. */
  readonly cpuTotalMs: number;
  readonly rssBytes: number;
  /** Times from the planned to the actual hand-over of a message to its connection, encoded. */
  readonly lag: string;
  /** Milliseconds by which a timer of the event loop was late. */
  readonly loopDelayP99: number;
  readonly loopDelayMax: number;
}

/** Milliseconds between two samples. Each wakes the process: this is often enough to see stalls. The schedule lag decides. */
const RESOLUTION_MS = 50;

/** Watches this process: a generator that is too busy would measure itself. */
export class SelfWatch {
  readonly lag = new Times();
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #cpu = process.cpuUsage();
  #began = performance.now();
  #ended: { cpuMs: number; wallMs: number } | undefined;

  constructor() {
    this.#delay.enable();
  }

  begin(): void {
    this.lag.reset();
    this.#delay.reset();
    this.#cpu = process.cpuUsage();
    this.#began = performance.now();
    this.#ended = undefined;
  }

  /** Ends the measurement; a second call has no effect. */
  end(): void {
    if (this.#ended !== undefined) return;
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#ended = { cpuMs: (user + system) / 1_000, wallMs: performance.now() - this.#began };
  }

  report(): SelfReport {
    this.end();
    const { cpuMs, wallMs } = this.#ended ?? { cpuMs: 0, wallMs: 1 };
    const total = process.cpuUsage();
    // The interval of the timer is part of the measured delay.
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    return {
      cpuPercent: (100 * cpuMs) / Math.max(1, wallMs),
      cpuMs,
      cpuTotalMs: (total.user + total.system) / 1_000,
      rssBytes: process.memoryUsage.rss(),
      lag: this.lag.encode(),
      loopDelayP99: this.#delay.count === 0 ? 0 : late(this.#delay.percentile(99)),
      loopDelayMax: this.#delay.count === 0 ? 0 : late(this.#delay.max),
    };
  }
}
