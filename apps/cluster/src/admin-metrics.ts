import { type BalancerNow, type Metric, PROXY_METRICS } from '@pinwheel/admin';
import type { NodeStatus, RedisStatus } from '@pinwheel/protocol';

/** What the metrics of a cluster are read from. */
export interface ClusterNow extends BalancerNow {
  readonly nodes: readonly NodeStatus[];
  readonly redis: RedisStatus;
}

const NODE_STATES = ['up', 'starting', 'draining', 'hung', 'down'] as const;

/** Those of the balancer, and those of the nodes and of Redis. */
export const CLUSTER_METRICS: readonly Metric<ClusterNow>[] = [
  ...PROXY_METRICS,
  {
    name: 'pinwheel_node_state',
    type: 'gauge',
    help: '1 for the state that the node is in',
    labels: ['node', 'state'],
    read: ({ nodes }, add) => {
      for (const { name, state } of nodes) for (const one of NODE_STATES) add(one === state ? 1 : 0, name, one);
    },
  },
  {
    name: 'pinwheel_node_sessions',
    type: 'gauge',
    help: 'Engine.IO sessions now',
    labels: ['node', 'transport'],
    read: ({ nodes }, add) => {
      for (const { name, sessions } of nodes) {
        add(sessions.polling, name, 'polling');
        add(sessions.websocket, name, 'websocket');
      }
    },
  },
  ofNode('plain_connections', 'connections of the plain WebSocket echo now', ({ plain }) => plain),
  ofNode('handed_off', 'WebSockets that the balancer has given to it', ({ handedOff }) => handedOff),
  ofNode('rooms', 'rooms that its clients are in', ({ rooms }) => rooms),
  ofNode('event_loop_delay_p99_seconds', 'how late timers are', ({ eventLoop }) => eventLoop.delayP99 / 1_000),
  ofNode('event_loop_delay_max_seconds', 'how late timers are at most', ({ eventLoop }) => eventLoop.delayMax / 1_000),
  ofNode(
    'event_loop_utilization_ratio',
    'share of time that the event loop is busy',
    ({ eventLoop }) => eventLoop.utilization,
  ),
  ofNode('resident_memory_bytes', 'resident memory', ({ rss }) => rss),
  ofNode('uptime_seconds', 'time since it began to serve', ({ uptime }) => uptime),
  {
    name: 'pinwheel_node_crashes_total',
    type: 'counter',
    help: 'how often it has ended unasked',
    labels: ['node'],
    read: ({ nodes }, add) => {
      for (const { name, crashes } of nodes) add(crashes, name);
    },
  },
  {
    name: 'pinwheel_redis_up',
    type: 'gauge',
    help: '1 while Redis is there',
    labels: [],
    read: ({ redis }, add) => add(redis.state === 'up' ? 1 : 0),
  },
];

function ofNode(name: string, help: string, value: (node: NodeStatus) => number): Metric<ClusterNow> {
  return {
    name: `pinwheel_node_${name}`,
    type: 'gauge',
    help,
    labels: ['node'],
    read: ({ nodes }, add) => {
      for (const node of nodes) add(value(node), node.name);
    },
  };
}
