import type { IncomingHttpHeaders } from 'node:http';
import type { ProxyHistory, ProxyStatus } from '@pinwheel/proxy';
import type { BalancerStatus, ProcessStatus } from '../status/document.js';
import type { AdminAnswer, AdminRoute } from '../listener/routes.js';
import { BALANCER_METRICS } from '../metrics/balancer-metrics.js';
import type { Metric } from '../metrics/metric.js';
import type { MetricsPage } from './metrics-page.js';
import type { OperatorPage } from './operator-page.js';

/** The sources of a balancer's status. */
export interface BalancerNow {
  readonly proxy: ProxyStatus;
  /** The master first. */
  readonly processes: readonly ProcessStatus[];
}

/** Read at every request. */
export interface StatusSource<Status> {
  readonly status: () => Status | Promise<Status>;
  readonly history: () => ProxyHistory | Promise<ProxyHistory>;
}

/** The program that owns the listener. */
export interface ProgramName {
  readonly name: string;
  readonly version: string;
}

/** The document of `GET /status`. */
export function balancerStatus({ name, version }: ProgramName, { proxy, processes }: BalancerNow): BalancerStatus {
  const { upstreams, ...status } = proxy;
  return {
    name,
    version,
    processes,
    ...status,
    upstreams: upstreams.map(({ name: upstream, policy, websocketPolicy, idle, learnedSids }) => {
      return { name: upstream, policy, websocketPolicy, idle, learnedSids };
    }),
    peers: upstreams.flatMap(({ name: upstream, peers }) => peers.map((peer) => ({ upstream, ...peer }))),
  };
}

/** The routes of a balancer that runs on its own: there is nothing to control. */
export function balancerRoutes(version: string, source: StatusSource<BalancerNow>): AdminRoute[] {
  const program = { name: 'pinwheel-balancer', version };
  return statusRoutes(program, source, (now) => balancerStatus(program, now), BALANCER_METRICS);
}

/**
 * The routes `GET /`, `/status`, `/history`, `/metrics` and the files of the page. A browser, which accepts HTML, gets the
 * page at the first two.
 *
 * @param document makes the document of `/status`
 */
export function statusRoutes<Status>(
  program: ProgramName,
  source: StatusSource<Status>,
  document: (status: Status) => object,
  metrics: readonly Metric<Status>[],
): AdminRoute[] {
  // These modules are loaded when they are first requested, because many programs serve neither a browser nor
  // Prometheus.
  let metricsPage: Promise<MetricsPage<Status>> | undefined;
  const metricsAnswer = async (): Promise<AdminAnswer> => {
    metricsPage ??= import('./metrics-page.js').then(({ MetricsPage }) => new MetricsPage(program.version, metrics));
    return (await metricsPage).answer(await source.status());
  };
  let operatorPage: Promise<OperatorPage> | undefined;
  const loadPage = (): Promise<OperatorPage> => {
    operatorPage ??= import('./operator-page.js').then(({ OperatorPage }) => new OperatorPage());
    return operatorPage;
  };

  const about = { ...program, addresses: ['/status', '/history', '/metrics'] };
  const statusAnswer = async (): Promise<object> => document(await source.status());
  /** Answers the page to a browser, if it is built, and JSON to all others. */
  const forEither =
    (json: () => object | Promise<object>): AdminRoute['answer'] =>
    async (_, headers) => {
      const wanted = wantsHtml(headers);
      const page = wanted ? (await loadPage()).page(headers) : undefined;
      if (page !== undefined) return page;
      const body = await json();
      const missing = { page: 'the page is not built, so this is its JSON; `npm run build` builds it' };
      return { headers: { vary: 'accept' }, body: wanted ? { ...missing, ...body } : body };
    };
  return [
    { method: 'GET', path: '/', answer: forEither(() => about) },
    { method: 'GET', path: '/status', answer: forEither(statusAnswer) },
    { method: 'GET', path: '/status.json', answer: async () => ({ body: await statusAnswer() }) },
    { method: 'GET', path: '/history', answer: async () => ({ body: await source.history() }) },
    { method: 'GET', path: '/metrics', answer: metricsAnswer },
    { method: 'GET', path: '/assets/:', answer: async (name, headers) => (await loadPage()).asset(name, headers) },
  ];
}

/** Only browsers name `text/html` in `Accept` (RFC 9110 12.5.1); programs accept JSON or anything. */
function wantsHtml({ accept = '' }: IncomingHttpHeaders): boolean {
  return /\btext\/html\b/.test(accept);
}
