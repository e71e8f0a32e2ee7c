import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { AdminAnswer } from '../listener/routes.js';
import type { Metric } from '../metrics/metric.js';

/** Milliseconds between two looks at how late the event loop is. */
const LOOKS = 50;

/** What Prometheus reads: the metrics of this process and those of its status, made when it is asked for. */
export class MetricsPage<Status> {
  readonly #registry = new Registry();
  readonly #metrics: readonly { readonly metric: Metric<Status>; readonly shown: Counter | Gauge }[];

  constructor(version: string, metrics: readonly Metric<Status>[]) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LOOKS });
    new Gauge({ name: 'pinwheel_build_info', help: 'the version', labelNames: ['version'], registers }).set(
      { version },
      1,
    );
    this.#metrics = metrics.map((metric) => {
      const { name, help, labels } = metric;
      const how = { name, help, labelNames: labels, registers };
      return { metric, shown: metric.type === 'counter' ? new Counter(how) : new Gauge(how) };
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
