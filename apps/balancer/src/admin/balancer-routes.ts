import type { ProxyStatus } from '@pinwheel/proxy';
import type { AdminRoute } from './admin-routes.js';
import { PROXY_METRICS } from './proxy-metrics.js';
import { balancerStatus, statusRoutes } from './status-routes.js';

/** What the admin listener of a balancer that runs by itself answers: there is nothing to be changed. */
export function balancerRoutes(version: string, status: () => ProxyStatus | Promise<ProxyStatus>): AdminRoute[] {
  const program = { name: 'pinwheel-balancer', version };
  return statusRoutes(program, status, (told) => balancerStatus(version, told), PROXY_METRICS);
}
