import type { AdminRoute } from '../listener/routes.js';
import { PROXY_METRICS } from '../metrics/proxy-metrics.js';
import type { BalancerNow, StatusSource } from './status-routes.js';
import { balancerStatus, statusRoutes } from './status-routes.js';

/** What the admin listener of a balancer that runs by itself answers: there is nothing to be changed. */
export function balancerRoutes(version: string, source: StatusSource<BalancerNow>): AdminRoute[] {
  const program = { name: 'pinwheel-balancer', version };
  return statusRoutes(program, source, (now) => balancerStatus(program, now), PROXY_METRICS);
}
