import type { IncomingHttpHeaders } from 'node:http';
import type { ProxyHistory, ProxyStatus } from '@pinwheel/proxy';
import type { BalancerStatus, ProcessStatus } from '../status/document.js';
import type { AdminAnswer, AdminRoute } from '../listener/routes.js';
import type { Metric } from '../metrics/metric.js';
import type { MetricsPage } from './metrics-page.js';
import type { PageFiles } from './page-files.js';

/** What the status of a balancer is made from. */
export interface BalancerNow {
  readonly proxy: ProxyStatus;
  /** The master first. */
  readonly processes: readonly ProcessStatus[];
}

/** Where the answers come from; asked at every request. */
export interface StatusSource<Status> {
  readonly status: () => Status | Promise<Status>;
  readonly history: () => ProxyHistory | Promise<ProxyHistory>;
}

export interface ProgramName {
  readonly name: string;
  readonly version: string;
}

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

/**
 * `GET /`, `/status`, `/history`, `/metrics` and what the page is made of. A browser, which asks for HTML, gets the page at
 * the first two.
 *
 * @param program whose listener this is
 * @param document what `/status` tells
 */
export function statusRoutes<Status>(
  program: ProgramName,
  source: StatusSource<Status>,
  document: (status: Status) => object,
  metrics: readonly Metric<Status>[],
): AdminRoute[] {
  // Whoever has neither browser nor Prometheus does not pay for what they get.
  let metricsPage: Promise<MetricsPage<Status>> | undefined;
  const metricsAnswer = async (): Promise<AdminAnswer> => {
    metricsPage ??= import('./metrics-page.js').then(({ MetricsPage }) => new MetricsPage(program.version, metrics));
    return (await metricsPage).answer(await source.status());
  };
  let pageFiles: Promise<PageFiles> | undefined;
  const files = (): Promise<PageFiles> => {
    pageFiles ??= import('./page-files.js').then(({ PageFiles }) => new PageFiles());
    return pageFiles;
  };

  const about = { ...program, addresses: ['/status', '/history', '/metrics'] };
  const statusAnswer = async (): Promise<object> => document(await source.status());
  /** The page for a browser, where it is built; JSON for all others. */
  const forEither =
    (tell: () => object | Promise<object>): AdminRoute['answer'] =>
    async (_, headers) => {
      const wanted = wantsHtml(headers);
      const page = wanted ? await (await files()).page(headers) : undefined;
      if (page !== undefined) return page;
      const body = await tell();
      const missing = { page: 'the page is not built, this is its JSON: `npm run build` makes it' };
      return { headers: { vary: 'accept' }, body: wanted ? { ...missing, ...body } : body };
    };
  return [
    { method: 'GET', path: '/', answer: forEither(() => about) },
    { method: 'GET', path: '/status', answer: forEither(statusAnswer) },
    { method: 'GET', path: '/status.json', answer: async () => ({ body: await statusAnswer() }) },
    { method: 'GET', path: '/history', answer: async () => ({ body: await source.history() }) },
    { method: 'GET', path: '/metrics', answer: metricsAnswer },
    { method: 'GET', path: '/assets/:', answer: async (name, headers) => (await files()).asset(name, headers) },
  ];
}

/** Only browsers name it (RFC 9110 12.5.1): programs ask for JSON or for anything. */
function wantsHtml({ accept = '' }: IncomingHttpHeaders): boolean {
  return /\btext\/html\b/.test(accept);
}
