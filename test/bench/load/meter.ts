import { readCpu } from '../process/proc.js';
import type { Figures, Job } from './job.js';
import { Latencies } from './latencies.js';

/** Milliseconds. */
const PATIENCE = 20_000;

/** Counts the work of a load and, over one window, the CPU time of all processes that take part. */
export class Meter {
  readonly #job: Job;
  readonly #latencies = new Latencies();
  readonly #failed: Promise<never>;
  #fail: (error: Error) => void = () => undefined;
  #units = 0;
  #over = false;

  constructor(job: Job) {
    this.#job = job;
    this.#failed = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    this.#failed.catch(() => undefined);
  }

  /** Counts finished units of work, each of which took this many milliseconds. */
  done(milliseconds: number, units = 1): void {
    this.#units += units;
    this.#latencies.add(milliseconds);
  }

  /** Reports that the load cannot continue, so that `measure` rejects. */
  fail(error: Error): void {
    this.#fail(error);
  }

  /** True when the load should stop. */
  get over(): boolean {
    return this.#over;
  }

  /**
   * Measures the window after the warm-up, while the load runs.
   *
   * @param ready the warm-up lasts at least until this resolves, but at most 20 s
   */
  async measure(ready?: Promise<void>): Promise<Figures> {
    try {
      if (ready !== undefined) await Promise.race([ready, this.#pass(PATIENCE)]);
      return await this.#measure();
    } finally {
      this.#over = true;
    }
  }

  async #measure(): Promise<Figures> {
    const { clock, proxy, backends } = this.#job;
    await this.#pass(clock.warmUp);
    this.#units = 0;
    this.#latencies.clear();
    const groups = [proxy, backends, [process.pid]];
    const started = performance.now();
    const before = groups.map(readCpu);
    await this.#pass(clock.window);
    const after = groups.map(readCpu);
    const seconds = (performance.now() - started) / 1_000;
    const units = this.#units;
    if (units === 0) throw new Error(`no unit of work was finished in ${seconds.toFixed(1)} s`);
    const [proxyCpu, backendCpu, loadCpu] = after.map((cpu, index) => (cpu - (before[index] ?? 0)) / units);
    return {
      rate: units / seconds,
      p50: this.#latencies.percentile(0.5),
      p99: this.#latencies.percentile(0.99),
      ...known({ proxyCpu: proxy.length === 0 ? undefined : proxyCpu, backendCpu, loadCpu }),
    };
  }

  async #pass(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await Promise.race([over, this.#failed]);
    clearTimeout(timer);
  }
}

/** Figures that could not be read are left out, for example without `/proc`. */
export function known(figures: Readonly<Record<string, number | undefined>>): Figures {
  const found: Record<string, number> = {};
  for (const [name, value] of Object.entries(figures)) {
    if (value !== undefined && Number.isFinite(value)) found[name] = value;
  }
  return found;
}
