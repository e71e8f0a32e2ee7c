import { addCounts, noCounts } from '../accounting/counts.js';
import { type Assertion, judge } from '../options/assertion.js';
import { figures, Times } from '../measure/histogram.js';
import type { ConnectionReport } from '../measure/connections.js';
import type { SelfReport } from '../measure/self-watch.js';
import type { WorkerReport } from '../worker/messages.js';
import { metricsOf } from './metrics.js';
import type {
  ChurnResult,
  ConnectResult,
  GeneratorResult,
  NodeResult,
  PathResult,
  StageResult,
  TimesResult,
  WorkerResult,
} from './result.js';

/** Above these limits the generator measures itself. */
const LAG_P99_MAX_MS = 10;
const CPU_MAX_PERCENT = 85;

export interface StageFacts {
  readonly clients: number;
  readonly rooms: number;
  readonly measuredMs: number;
  readonly assertions: readonly Assertion[];
}

/** Combines the reports of all workers on one stage: adds counts and merges histograms, and averages nothing. */
export function combine(reports: readonly WorkerReport[], facts: StageFacts): StageResult {
  const counts = noCounts();
  for (const report of reports) addCounts(counts, report.stage.counts);
  const paths = combinePaths(reports);
  const nodes = combineNodes(reports, paths);
  const seconds = Math.max(0.001, facts.measuredMs / 1_000);
  const stage: Omit<StageResult, 'verdicts'> = {
    clients: facts.clients,
    rooms: facts.rooms,
    measuredMs: facts.measuredMs,
    counts,
    missing: counts.missingOnline + counts.missingOffline,
    latency: timesOf(reports.map((report) => report.stage.latency)),
    sendLatency: timesOf(reports.map((report) => report.stage.sendLatency)),
    sentPerSecond: counts.sent / seconds,
    deliveriesPerSecond: counts.received / seconds,
    nodes,
    skew: skewOf(nodes.map((node) => node.clients)),
    paths,
    connect: combineConnect(reports),
    churn: combineChurn(reports),
    generator: combineGenerator(reports, counts.sent + counts.received),
  };
  const metrics = metricsOf(stage);
  return { ...stage, verdicts: facts.assertions.map((assertion) => judge(assertion, metrics)) };
}

function timesOf(encoded: readonly string[]): TimesResult {
  const times = Times.merged(encoded);
  return { ...figures(times), histogram: times.encode() };
}

/** The largest number divided by the mean; 1 when there is nothing to compare. */
export function skewOf(counts: readonly number[]): number {
  const sum = counts.reduce((all, one) => all + one, 0);
  return sum === 0 ? 1 : Math.max(...counts) / (sum / counts.length);
}

function combinePaths(reports: readonly WorkerReport[]): PathResult[] {
  const paths = new Map<string, { path: Omit<PathResult, 'latency'>; latency: Times }>();
  for (const one of reports.flatMap((report) => report.stage.paths)) {
    const key = `${one.from}\n${one.to}`;
    const { path, latency } = paths.get(key) ?? {
      path: { from: one.from, to: one.to, due: 0, delivered: 0, missing: 0, late: 0 },
      latency: new Times(2),
    };
    latency.add(new Times(2, one.latency));
    const { from, to } = path;
    paths.set(key, {
      path: {
        from,
        to,
        due: path.due + one.due,
        delivered: path.delivered + one.delivered,
        missing: path.missing + one.missing,
        late: path.late + one.late,
      },
      latency,
    });
  }
  return [...paths.values()]
    .map(({ path, latency }) => ({ ...path, latency: figures(latency) }))
    .toSorted((a, b) => byName(a.from, b.from) || byName(a.to, b.to));
}

/** Sorts Server2 before Server10. */
export function byName(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function combineNodes(reports: readonly WorkerReport[], paths: readonly PathResult[]): NodeResult[] {
  const clients = addUp(reports.map((report) => report.nodes));
  const messages = addUp(reports.map((report) => report.stage.sentFrom));
  const names = new Set([...Object.keys(clients), ...Object.keys(messages), ...paths.map((path) => path.to)]);
  return [...names].toSorted(byName).map((name) => ({
    name,
    clients: clients[name] ?? 0,
    messages: messages[name] ?? 0,
    deliveries: paths.reduce((sum, path) => (path.to === name ? sum + path.delivered : sum), 0),
  }));
}

function addUp(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const one of counts) {
    for (const [name, count] of Object.entries(one)) all[name] = (all[name] ?? 0) + count;
  }
  return all;
}

function combineConnect(reports: readonly WorkerReport[]): ConnectResult {
  const all = reports.map((report) => report.connections);
  const started = sumOf(all, (one) => one.started);
  const everOnline = sumOf(all, (one) => one.everOnline);
  return {
    started,
    everOnline,
    neverOnline: started - everOnline,
    pollingHandshake: timesOf(all.map((one) => one.pollingHandshake)),
    websocketHandshake: timesOf(all.map((one) => one.websocketHandshake)),
    connect: timesOf(all.map((one) => one.connect)),
    upgrade: timesOf(all.map((one) => one.upgrade)),
    failures: addUp(all.map((one) => one.connectFailures)),
  };
}

function combineChurn(reports: readonly WorkerReport[]): ChurnResult {
  const all = reports.map((report) => report.connections);
  const online = sumOf(all, (one) => one.online);
  return {
    online,
    disconnects: sumOf(all, (one) => one.disconnects),
    reasons: addUp(all.map((one) => one.disconnectReasons)),
    reconnects: sumOf(all, (one) => one.reconnects),
    reconnect: timesOf(all.map((one) => one.reconnect)),
    failures: addUp(all.map((one) => one.reconnectFailures)),
    neverReturned: sumOf(all, (one) => one.everOnline) - online,
  };
}

function sumOf(all: readonly ConnectionReport[], of: (one: ConnectionReport) => number): number {
  return all.reduce((sum, one) => sum + of(one), 0);
}

function combineGenerator(reports: readonly WorkerReport[], messages: number): GeneratorResult {
  const workers = reports.map((report) => workerResult(report.self));
  const invalid = workers.flatMap((worker, index) => {
    const name = `worker ${index + 1} of ${workers.length}`;
    const found: string[] = [];
    if (worker.lagP99 > LAG_P99_MAX_MS) {
      found.push(`${name} sent late: schedule lag p99 ${worker.lagP99.toFixed(1)} ms, more than ${LAG_P99_MAX_MS} ms`);
    }
    if (worker.cpuPercent > CPU_MAX_PERCENT) {
      found.push(`${name} was busy: CPU ${worker.cpuPercent.toFixed(0)} %, more than ${CPU_MAX_PERCENT} %`);
    }
    return found;
  });
  const cpuMs = workers.reduce((sum, worker) => sum + worker.cpuMs, 0);
  const rss = workers.reduce((sum, worker) => sum + worker.rssBytes, 0);
  const started = reports.reduce((sum, report) => sum + report.connections.started, 0);
  return {
    workers,
    cpuMicrosPerMessage: messages === 0 ? undefined : (cpuMs * 1_000) / messages,
    rssBytesPerClient: started === 0 ? 0 : rss / started,
    invalid,
  };
}

function workerResult(self: SelfReport): WorkerResult {
  const lag = new Times(3, self.lag);
  const { cpuMs, cpuPercent, cpuTotalMs, loopDelayMax, loopDelayP99, rssBytes } = self;
  return {
    cpuPercent,
    cpuMs,
    cpuTotalMs,
    rssBytes,
    lagP50: lag.percentile(50) ?? 0,
    lagP99: lag.percentile(99) ?? 0,
    lagMax: lag.max ?? 0,
    loopDelayP99,
    loopDelayMax,
  };
}
