import type { Figures } from '../measure/histogram.js';
import { METRICS } from '../options/assertion.js';
import type { StageResult } from './result.js';

/** The figures that can be asserted and compared, by name. A figure without measurements is absent. */
export function metricsOf(stage: Omit<StageResult, 'verdicts'>): Map<string, number> {
  const { churn, connect, counts } = stage;
  const metrics = new Map<string, number>();
  const times = (name: string, of: Figures): void => {
    for (const figure of ['p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean'] as const) {
      const value = of[figure];
      if (value !== undefined) metrics.set(`${name}.${figure}`, value);
    }
  };
  times('latency', stage.latency);
  times('sendLatency', stage.sendLatency);
  times('handshake', connect.pollingHandshake.count > 0 ? connect.pollingHandshake : connect.websocketHandshake);
  times('connect', connect.connect);
  times('upgrade', connect.upgrade);
  times('reconnect', churn.reconnect);
  const plain: Record<string, number> = {
    'connect.failed': connect.neverOnline,
    'connect.attemptsFailed': Object.values(connect.failures).reduce((sum, one) => sum + one, 0),
    scheduled: counts.scheduled,
    sent: counts.sent,
    unsent: counts.unsent,
    expected: counts.expected,
    received: counts.received,
    missing: stage.missing,
    'missing.online': counts.missingOnline,
    'missing.offline': counts.missingOffline,
    'missing.connected': counts.missingOnline - counts.missingSenderCut,
    late: counts.late,
    duplicated: counts.duplicated,
    outOfOrder: counts.outOfOrder,
    unexpected: counts.unexpected,
    'deliveries.rate': stage.deliveriesPerSecond,
    disconnects: churn.disconnects,
    reconnects: churn.reconnects,
    neverReturned: churn.neverReturned,
    skew: stage.skew,
  };
  for (const [name, value] of Object.entries(plain)) metrics.set(name, value);
  return new Map(METRICS.flatMap((name) => (metrics.has(name) ? [[name, metrics.get(name) ?? 0]] : [])));
}
