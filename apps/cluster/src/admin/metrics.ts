import { BALANCER_METRICS, type BalancerNow, type Metric } from '@pinwheel/admin';
import type { NodeStatus, RedisStatus } from '@pinwheel/protocol';

/** The status that the metrics of a cluster are read from. */
export interface ClusterNow extends BalancerNow {
  readonly nodes: readonly NodeStatus[];
  readonly redis: RedisStatus;
}

const NODE_STATES = ['up', 'starting', 'draining', 'hung', 'down'] as const;

/** The metrics of the balancer, of the nodes and of Redis. */
export const CLUSTER_METRICS: readonly Metric<ClusterNow>[] = [
  ...BALANCER_METRICS,
  ofNode('state', '1 for the state that the node is in, 0 for the others', 'state', ({ state }) =>
    NODE_STATES.map((one) => [one, one === state ? 1 : 0]),
  ),
  ofNode('sessions', 'Engine.IO sessions now', 'transport', ({ sessions }) => Object.entries(sessions)),
  numberOfNode('plain_connections', 'connections of the plain WebSocket echo now', ({ plain }) => plain),
  numberOfNode(
    'handed_off',
    'WebSockets that the balancer has given to it and that are open now',
    ({ handedOff }) => handedOff,
  ),
  numberOfNode('rooms', 'rooms that its clients are in', ({ rooms }) => rooms),
  numberOfNode('event_loop_delay_p99_seconds', 'how late timers are', ({ eventLoop }) => eventLoop.delayP99 / 1_000),
  numberOfNode(
    'event_loop_delay_max_seconds',
    'how late timers are at most',
    ({ eventLoop }) => eventLoop.delayMax / 1_000,
  ),
  numberOfNode(
    'event_loop_utilization_ratio',
    'share of time that the event loop is busy',
    ({ eventLoop }) => eventLoop.utilization,
  ),
  numberOfNode('resident_memory_bytes', 'resident memory', ({ rss }) => rss),
  numberOfNode('uptime_seconds', 'time since it became ready', ({ uptime }) => uptime),
  numberOfNode('crashes_total', 'how often it exited unexpectedly', ({ crashes }) => crashes),
  {
    name: 'pinwheel_redis_up',
    help: '1 while Redis is reachable',
    labels: [],
    read: ({ redis }, add) => add(redis.state === 'up' ? 1 : 0),
  },
];

function ofNode(
  name: string,
  help: string,
  label: string,
  values: (node: NodeStatus) => Iterable<readonly [label: string, value: number]>,
): Metric<ClusterNow> {
  return {
    name: `pinwheel_node_${name}`,
    help,
    labels: ['node', label],
    read: ({ nodes }, add) => {
      for (const node of nodes) for (const [one, value] of values(node)) add(value, node.name, one);
    },
  };
}

function numberOfNode(name: string, help: string, value: (node: NodeStatus) => number): Metric<ClusterNow> {
  return {
    name: `pinwheel_node_${name}`,
    help,
    labels: ['node'],
    read: ({ nodes }, add) => {
      for (const node of nodes) add(value(node), node.name);
    },
  };
}
