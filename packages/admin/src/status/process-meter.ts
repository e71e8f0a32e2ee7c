import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { ProcessStatus } from './document.js';

/** Milliseconds between two looks at how late the event loop is. */
const RESOLUTION = 50;
/** Milliseconds that a reading is for at least: several who ask do not cut each other's short. */
const SHORTEST = 900;

/** How this process fares. It costs nothing before it is asked for. */
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

/** The histogram has nanoseconds between two looks; nothing while there were none. */
function late(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - RESOLUTION) : 0;
}
