import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { nodeReportMessage, REPORT_INTERVAL } from '@pinwheel/protocol';
import type { NodeCounters } from '@pinwheel/protocol';

/** Milliseconds between two samples of the event-loop delay. */
const RESOLUTION = 50;

/** The current counts of a node. */
export interface NodeCounts extends NodeCounters {
  /** True while a page of this node draws the cluster. */
  readonly watched: boolean;
  /** Connections of the plain echo. */
  readonly plain: number;
  /** Rooms of clients. */
  readonly rooms: number;
  /** True when Redis answers; undefined without Redis. */
  readonly redis: boolean | undefined;
}

/** The node that reports. */
export interface ReportingNode {
  readonly member: { readonly state: 'up' | 'drain' };
  counts(): NodeCounts;
}

/** Reports the node's counts to the process that started it, once a second. Does nothing without such a process. */
export function reportToParent(node: ReportingNode): void {
  if (process.send === undefined) return;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  let busy = performance.eventLoopUtilization();
  /** The histogram has the nanoseconds between two samples. */
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
    // A channel that has just closed reports that by its own event.
    process.send?.(message, undefined, undefined, () => undefined);
  };
  report();
  setInterval(report, REPORT_INTERVAL).unref();
}
