import { type AdminRoute, balancerStatus, type BalancerStatus, statusRoutes } from '@pinwheel/balancer';
import type { NodeStatus, RedisStatus } from '@pinwheel/protocol';
import { CLUSTER_METRICS, type ClusterNow } from './admin-metrics.js';
import type { Controls, Done, NodeVerb, RedisVerb } from './controls.js';

/** `GET /status` of a cluster: that of its balancer, and more. */
export interface ClusterStatus extends BalancerStatus {
  /** Where a client on this machine reaches the balancer. */
  readonly url: string;
  readonly nodes: readonly NodeStatus[];
  readonly redis: RedisStatus;
}

const NODE_VERBS: readonly NodeVerb[] = ['kill', 'hang', 'resume', 'drain', 'restart'];
const REDIS_VERBS: readonly RedisVerb[] = ['cut', 'restore'];

/** What the admin listener of a cluster answers. */
export function clusterRoutes(
  version: string,
  url: () => string,
  now: () => ClusterNow,
  controls: Controls,
): AdminRoute[] {
  const document = ({ proxy, nodes, redis }: ClusterNow): ClusterStatus => ({
    ...balancerStatus(version, proxy),
    url: url(),
    nodes,
    redis,
  });
  const answer = async (doing: Promise<Done>): Promise<{ status: number; body: Done }> => {
    const body = await doing;
    return { status: body.pending ? 202 : 200, body };
  };
  return [
    ...statusRoutes({ name: 'pinwheel', version }, now, document, CLUSTER_METRICS),
    ...NODE_VERBS.map((verb): AdminRoute => ({
      method: 'POST',
      path: `/nodes/:/${verb}`,
      answer: (name) => answer(controls.node(name, verb)),
    })),
    ...REDIS_VERBS.map((verb): AdminRoute => ({
      method: 'POST',
      path: `/redis/${verb}`,
      answer: () => answer(controls.redis(verb)),
    })),
  ];
}
