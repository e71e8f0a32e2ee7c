import type { PeerStatus, ProxyStatus, UpstreamStatus } from '@pinwheel/proxy';
import type { AdminAnswer, AdminRoute } from './admin-routes.js';
import type { Metric } from './metric.js';
import type { MetricsPage } from './metrics-page.js';

/** `GET /status`: what `Proxy.status()` says, the peers of all upstreams in one list. */
export interface BalancerStatus extends Omit<ProxyStatus, 'upstreams'> {
  readonly version: string;
  readonly upstreams: readonly Omit<UpstreamStatus, 'peers'>[];
  readonly peers: readonly (PeerStatus & { readonly upstream: string })[];
}

export function balancerStatus(version: string, { upstreams, ...status }: ProxyStatus): BalancerStatus {
  return {
    version,
    ...status,
    upstreams: upstreams.map(({ name, policy, websocketPolicy, idle, learnedSids }) => {
      return { name, policy, websocketPolicy, idle, learnedSids };
    }),
    peers: upstreams.flatMap(({ name, peers }) => peers.map((peer) => ({ upstream: name, ...peer }))),
  };
}

/**
 * `GET /`, `/status` and `/metrics`.
 *
 * @param program whose listener this is
 * @param status asked for at every request
 * @param document what `/status` tells of it
 */
export function statusRoutes<Status>(
  program: { readonly name: string; readonly version: string },
  status: () => Status | Promise<Status>,
  document: (status: Status) => object,
  metrics: readonly Metric<Status>[],
): AdminRoute[] {
  let page: Promise<MetricsPage<Status>> | undefined;
  const metricsAnswer = async (): Promise<AdminAnswer> => {
    // Whoever has no Prometheus does not pay for its client.
    page ??= import('./metrics-page.js').then(({ MetricsPage }) => new MetricsPage(program.version, metrics));
    return (await page).answer(await status());
  };
  return [
    { method: 'GET', path: '/', answer: () => ({ body: { ...program, addresses: ['/status', '/metrics'] } }) },
    { method: 'GET', path: '/status', answer: async () => ({ body: document(await status()) }) },
    { method: 'GET', path: '/metrics', answer: metricsAnswer },
  ];
}
