import { type AdminRoute, balancerStatus, statusRoutes, type StatusSource } from '@pinwheel/admin';
import type { ClusterStatus } from '@pinwheel/admin';
import { CLUSTER_METRICS, type ClusterNow } from './metrics.js';
import type { Controls, Done, NodeVerb, RedisVerb } from '../control/controls.js';

const NODE_VERBS: readonly NodeVerb[] = ['kill', 'hang', 'resume', 'drain', 'restart'];
const REDIS_VERBS: readonly RedisVerb[] = ['cut', 'restore'];

/** The routes of a cluster's admin listener. */
export function clusterRoutes(
  version: string,
  url: () => string,
  source: StatusSource<ClusterNow>,
  controls: Controls,
): AdminRoute[] {
  const program = { name: 'pinwheel', version };
  const document = ({ nodes, redis, ...now }: ClusterNow): ClusterStatus => ({
    ...balancerStatus(program, now),
    url: url(),
    nodes,
    redis,
  });
  const answer = async (action: Promise<Done>): Promise<{ status: number; body: Done }> => {
    const body = await action;
    return { status: body.pending ? 202 : 200, body };
  };
  return [
    ...statusRoutes(program, source, document, CLUSTER_METRICS),
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
