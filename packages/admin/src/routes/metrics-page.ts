import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { AdminAnswer } from '../listener/routes.js';
import { BUILD_INFO, type Metric, typeOf } from '../metrics/metric.js';

/** Milliseconds between two samples of how late the event loop is. */
const SAMPLING = 50;

/** The response to `GET /metrics`: the metrics of this process and those of its status, read at each request. */
export class MetricsPage<Status> {
  readonly #registry = new Registry();
  readonly #metrics: readonly { readonly metric: Metric<Status>; readonly shown: Counter | Gauge }[];

  constructor(version: string, metrics: readonly Metric<Status>[]) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: SAMPLING });
    const { name: infoName, help: infoHelp, labels: infoLabels } = BUILD_INFO;
    new Gauge({ name: infoName, help: infoHelp, labelNames: infoLabels, registers }).set({ version }, 1);
    this.#metrics = metrics.map((metric) => {
      const { name, labels } = metric;
      const help = metric.help.replaceAll('`', '');
      const how = { name, help, labelNames: labels, registers };
      return { metric, shown: typeOf(metric) === 'counter' ? new Counter(how) : new Gauge(how) };
    });
  }

  async answer(status: Status): Promise<AdminAnswer> {
    for (const { metric, shown } of this.#metrics) {
      shown.reset();
      metric.read(status, (value, ...labels) => {
        shown.inc(Object.fromEntries(metric.labels.map((label, index) => [label, labels[index] ?? ''])), value);
      });
    }
    return { body: { text: await this.#registry.metrics(), contentType: this.#registry.contentType } };
  }
}
