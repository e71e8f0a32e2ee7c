import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { ProcessStatus } from './document.js';

/** Milliseconds between two samples of how late the event loop is. */
const RESOLUTION = 50;
/** The least milliseconds that a reading covers, so that several readers do not shorten each other's. */
const SHORTEST = 900;

/** Reads memory and event loop of this process. It costs nothing before the first reading. */
export class ProcessMeter {
  readonly #role: ProcessStatus['role'];
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  #busy = performance.eventLoopUtilization();
  #last: { readonly at: number; readonly eventLoop: ProcessStatus['eventLoop'] } | undefined;

  constructor(role: ProcessStatus['role']) {
    this.#role = role;
  }

  read(): ProcessStatus {
    const { pid } = process;
    const uptime = process.uptime();
    return { pid, role: this.#role, uptime, rss: process.memoryUsage.rss(), eventLoop: this.#eventLoop() };
  }

  #eventLoop(): ProcessStatus['eventLoop'] {
    const at = performance.now();
    if (this.#last !== undefined && at - this.#last.at < SHORTEST) return this.#last.eventLoop;
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#busy);
    this.#busy = now;
    const eventLoop = { delayP99: late(this.#delay.percentile(99)), delayMax: late(this.#delay.max), utilization };
    this.#delay.enable();
    this.#delay.reset();
    this.#last = { at, eventLoop };
    return eventLoop;
  }
}

/** @param nanoseconds between two samples; not a finite number before there were two */
function late(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - RESOLUTION) : 0;
}
