import type { ListenerStatus, PeerStatus, ProxyStatus, UpstreamStatus } from '@pinwheel/proxy';
import {
  BALANCER_COUNTERS,
  BALANCER_FAMILIES,
  type Counter,
  type Family,
  LISTENER_COUNTERS,
  PEER_COUNTERS,
  PEER_FAMILIES,
  UPSTREAM_COUNTERS,
} from './counters.js';
import type { Metric } from './metric.js';

/** The metrics of a balancer are read from the status of its proxy. */
interface Source {
  readonly proxy: ProxyStatus;
}

/** One level of the status, such as all peers: where its parts are, and how each is labelled. */
interface Level<Status> {
  readonly prefix: string;
  readonly labels: readonly string[];
  readonly statuses: (proxy: ProxyStatus) => Iterable<readonly [status: Status, ...labels: string[]]>;
}

const BALANCER: Level<ProxyStatus> = { prefix: 'pinwheel', labels: [], statuses: (proxy) => [[proxy]] };
const LISTENERS: Level<ListenerStatus> = {
  prefix: 'pinwheel_listener',
  labels: ['listener'],
  statuses: ({ listeners }) => listeners.map((one) => [one, one.name] as const),
};
const UPSTREAMS: Level<UpstreamStatus> = {
  prefix: 'pinwheel_upstream',
  labels: ['upstream'],
  statuses: ({ upstreams }) => upstreams.map((one) => [one, one.name] as const),
};
const PEERS: Level<PeerStatus> = {
  prefix: 'pinwheel_peer',
  labels: ['upstream', 'peer'],
  statuses: ({ upstreams }) =>
    upstreams.flatMap(({ name, peers }) => peers.map((peer) => [peer, name, peer.name] as const)),
};

/** The metrics of a balancer. */
export const BALANCER_METRICS: readonly Metric<Source>[] = [
  ...countersOf(BALANCER, BALANCER_COUNTERS),
  ...familiesOf(BALANCER, BALANCER_FAMILIES),
  ...countersOf(LISTENERS, LISTENER_COUNTERS),
  ...countersOf(UPSTREAMS, UPSTREAM_COUNTERS),
  ...familiesOf(PEERS, PEER_FAMILIES),
  ...countersOf(PEERS, PEER_COUNTERS),
];

function countersOf<Key extends string, Status extends Readonly<Record<Key, number>>>(
  level: Level<Status>,
  table: Readonly<Record<Key, Counter>>,
): Metric<Source>[] {
  return Object.entries<Counter>(table).flatMap(([key, { metric, unit, help }]) => {
    if (metric === undefined) return [];
    const meaning = unit === 'bytes' ? `bytes ${help}` : help;
    return metricOf(level, { metric, help: meaning, values: (status) => [['', status[key as Key]]] });
  });
}

function familiesOf<Status>(level: Level<Status>, families: readonly Family<Status>[]): Metric<Source>[] {
  return families.map((family) => metricOf(level, family));
}

function metricOf<Status>(
  { prefix, labels, statuses }: Level<Status>,
  { metric, label, help, values }: Family<Status>,
): Metric<Source> {
  return {
    name: `${prefix}_${metric}`,
    help,
    labels: label === undefined ? labels : [...labels, label],
    read: ({ proxy }, add) => {
      for (const [status, ...of] of statuses(proxy)) {
        for (const [one, value] of values(status)) add(value, ...of, ...(label === undefined ? [] : [one]));
      }
    },
  };
}
