import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { nodeReportMessage, REPORT_INTERVAL } from '@pinwheel/protocol';
import type { RunningNode } from '../node.js';

/** Milliseconds between two looks at how late the event loop is. */
const RESOLUTION = 50;

/** Tells the process that started this one what the node holds, once a second. Without such a process nothing happens. */
export function reportToParent(node: RunningNode): void {
  if (process.send === undefined) return;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  let busy = performance.eventLoopUtilization();
  /** The histogram has nanoseconds between two looks. */
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION);

  const report = (): void => {
    if (!process.connected) return;
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, busy);
    busy = now;
    const message = nodeReportMessage({
      draining: node.member.state === 'drain',
      ...node.counts(),
      delayP99: late(delay.percentile(99)),
      delayMax: late(delay.max),
      utilization,
      rss: process.memoryUsage.rss(),
    });
    delay.reset();
    // A channel that has just closed is told by its own event.
    process.send?.(message, undefined, undefined, () => undefined);
  };
  report();
  setInterval(report, REPORT_INTERVAL).unref();
}
