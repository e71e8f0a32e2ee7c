import type { Page } from 'playwright-core';

/** The delays that were measured in the page, in milliseconds. */
export interface Seen {
  /** Input delay: from each input to its first listener, while the page was busy. */
  readonly delays: readonly number[];
  /** From each input to the next frame that shows its effect (Event Timing, in steps of 8 ms). */
  readonly paints: readonly number[];
  /** Tasks of 50 ms and more. */
  readonly longTasks: readonly number[];
}

/** `[p50, p95, max]`. */
type Spread = readonly [number, number, number];

export interface Figures {
  readonly inputs: number;
  readonly delay: Spread;
  readonly paint: Spread;
  readonly longTasks: number;
  readonly longest: number;
}

interface Watch {
  readonly delays: Map<string, number>;
  readonly paints: Map<string, number>;
  readonly longTasks: number[];
  stop(): void;
}

/** Starts measuring every key and click. */
export async function startMeasuring(page: Page): Promise<void> {
  await page.evaluate(() => {
    const names = ['keydown', 'click'];
    const delays = new Map<string, number>();
    const paints = new Map<string, number>();
    const longTasks: number[] = [];
    const keyOf = (name: string, at: number): string => `${name} ${at.toFixed(1)}`;
    const hear = (event: Event): void => {
      delays.set(keyOf(event.type, event.timeStamp), performance.now() - event.timeStamp);
    };
    for (const name of names) window.addEventListener(name, hear, { capture: true });
    const events = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (names.includes(entry.name)) paints.set(keyOf(entry.name, entry.startTime), entry.duration);
      }
    });
    const timing: PerformanceObserverInit & { durationThreshold: number } = { type: 'event', durationThreshold: 16 };
    events.observe(timing);
    const tasks = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasks.push(duration);
    });
    tasks.observe({ type: 'longtask' });
    const watch: Watch = {
      delays,
      paints,
      longTasks,
      stop() {
        for (const name of names) window.removeEventListener(name, hear, { capture: true });
        events.disconnect();
        tasks.disconnect();
      },
    };
    Object.assign(window, { watch });
  });
}

/** Stops measuring and returns the values. */
export async function stopMeasuring(page: Page): Promise<Seen> {
  return page.evaluate(async () => {
    // Event Timing reports the last input with a later frame.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { watch } = window as unknown as { watch: Watch };
    watch.stop();
    // An input without an entry took less than 16 ms, the smallest duration reported.
    const paints = [...watch.delays.keys()].map((key) => watch.paints.get(key) ?? 8);
    return { delays: [...watch.delays.values()], paints, longTasks: watch.longTasks };
  });
}

/** Pure. */
export function figuresOf({ delays, paints, longTasks }: Seen): Figures {
  return {
    inputs: delays.length,
    delay: spread(delays),
    paint: spread(paints),
    longTasks: longTasks.length,
    longest: Math.max(0, ...longTasks),
  };
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return [at(0.5), at(0.95), at(1)];
}
