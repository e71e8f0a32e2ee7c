import type { ListenerStatus, PeerStatus, ProxyStatus, UpstreamStatus } from '@pinwheel/proxy';

/** A number in a status, declared once: for the sum over processes, for Prometheus and for docs/metrics.md. */
export interface Counter {
  /**
   * The rule that combines the values of several processes: their sum, the largest one, or the value of the process
   * whose status is shown.
   */
  readonly over: 'sum' | 'max' | 'shown';
  /** The metric's name without the prefix of its level; counters end with `_total`. Absent: no metric. */
  readonly metric?: string;
  /** The unit, where it is not a plain count. */
  readonly unit?: 'bytes' | 'seconds';
  /** The meaning, as one phrase. */
  readonly help: string;
}

/** A counter for every number in a status: a new number without a row does not compile. */
export type Counters<Status> = {
  readonly [Key in keyof Status as Status[Key] extends number ? Key : never]: Counter;
};

/** A metric that is read from more than one number of a status: one value for each label. */
export interface Family<Status> {
  readonly metric: string;
  /** Undefined: one value, whose label is ''. */
  readonly label?: string;
  readonly help: string;
  readonly values: (status: Status) => Iterable<readonly [label: string, value: number]>;
}

/** `pinwheel_...` */
export const BALANCER_COUNTERS: Counters<ProxyStatus> = {
  uptime: { over: 'max', unit: 'seconds', help: 'time since the start' },
  accepted: { over: 'sum', metric: 'connections_accepted_total', help: 'client connections accepted' },
  requests: { over: 'sum', metric: 'requests_total', help: 'requests read' },
  tunnelsOpened: { over: 'sum', metric: 'tunnels_opened_total', help: 'WebSockets relayed' },
  handOffs: { over: 'sum', metric: 'hand_offs_total', help: 'WebSockets given to the process of their node' },
  errors: { over: 'sum', help: 'requests that failed, or whose response was cut off' },
  bytesSent: { over: 'sum', unit: 'bytes', help: 'sent to the peers that exist now' },
  bytesReceived: { over: 'sum', unit: 'bytes', help: 'received from the peers that exist now' },
  clients: { over: 'sum', metric: 'connections', help: 'client connections that speak HTTP now' },
  tunnels: { over: 'sum', metric: 'tunnels', help: 'WebSockets relayed now' },
  handedOff: { over: 'sum', metric: 'handed_off', help: 'WebSockets that processes of nodes hold now' },
};

export const BALANCER_FAMILIES: readonly Family<ProxyStatus>[] = [
  {
    metric: 'errors_total',
    label: 'code',
    help: 'requests that failed, or whose response was cut off, by reason',
    values: ({ errorsByCode }) => Object.entries(errorsByCode),
  },
];

/** `pinwheel_listener_...`, with the label `listener`. */
export const LISTENER_COUNTERS: Counters<ListenerStatus> = {
  connections: { over: 'sum', metric: 'connections', help: 'client connections now, tunnels included' },
  maxConnections: { over: 'sum', metric: 'connections_max', help: 'the most client connections at one time' },
  accepted: { over: 'sum', metric: 'connections_accepted_total', help: 'client connections accepted' },
  requests: { over: 'sum', metric: 'requests_total', help: 'requests read' },
  errors: { over: 'sum', metric: 'errors_total', help: 'requests that failed, or whose response was cut off' },
};

/** `pinwheel_upstream_...`, with the label `upstream`. */
export const UPSTREAM_COUNTERS: Counters<UpstreamStatus> = {
  idle: { over: 'sum', metric: 'idle_connections', help: 'idle connections to the peers' },
  learnedSids: { over: 'sum', metric: 'learned_sessions', help: 'session ids without a tag whose peer is remembered' },
};

/** `pinwheel_peer_...`, with the labels `upstream` and `peer`. */
export const PEER_COUNTERS: Counters<PeerStatus> = {
  active: { over: 'sum', metric: 'active', help: 'requests and tunnels now' },
  maxActive: { over: 'sum', metric: 'active_max', help: 'the most requests and tunnels at one time' },
  maxConns: { over: 'shown', help: 'the most requests and tunnels that are allowed; 0: no limit' },
  tunnels: { over: 'sum', metric: 'tunnels', help: 'WebSockets relayed now' },
  handedOff: { over: 'sum', metric: 'handed_off', help: 'WebSockets that its process holds now' },
  requests: { over: 'sum', metric: 'requests_total', help: 'attempts' },
  failures: { over: 'sum', metric: 'failures_total', help: 'attempts that failed, as `max_fails` counts' },
  retries: { over: 'sum', metric: 'retries_total', help: 'attempts after which the request was retried' },
  tunnelsOpened: { over: 'sum', metric: 'tunnels_opened_total', help: 'WebSockets relayed' },
  handOffs: { over: 'sum', metric: 'hand_offs_total', help: 'WebSockets given to its process' },
  bytesSent: { over: 'sum', metric: 'sent_bytes_total', unit: 'bytes', help: 'sent to it, without those of TLS' },
  bytesReceived: {
    over: 'sum',
    metric: 'received_bytes_total',
    unit: 'bytes',
    help: 'received from it, without those of TLS',
  },
  downtime: { over: 'max', metric: 'downtime_seconds_total', unit: 'seconds', help: 'time in the state `failed`' },
  downs: { over: 'max', help: 'how often it became `failed`' },
  stateFor: { over: 'shown', unit: 'seconds', help: 'time in its state' },
  fails: { over: 'max', help: 'failures that count towards `max_fails` now' },
  maxFails: { over: 'shown', help: '`max_fails`' },
  failTimeout: { over: 'shown', unit: 'seconds', help: '`fail_timeout`' },
  weight: { over: 'shown', help: '`weight`' },
};

const PEER_STATES = ['up', 'failed', 'down', 'drain'] as const;

export const PEER_FAMILIES: readonly Family<PeerStatus>[] = [
  {
    metric: 'state',
    label: 'state',
    help: '1 for the state that the peer is in, 0 for the others',
    values: ({ state }) => PEER_STATES.map((one) => [one, one === state ? 1 : 0]),
  },
  {
    metric: 'sessions_opened_total',
    label: 'transport',
    help: 'new sessions, by the transport that they began with',
    values: ({ sessions }) => Object.entries(sessions),
  },
  {
    metric: 'check_misses',
    help: 'health checks in a row that were not answered',
    values: ({ check }) => [['', check?.misses ?? 0]],
  },
  {
    metric: 'answers_total',
    label: 'class',
    help: 'responses, by class of status; a hand-off counts as `1xx`',
    values: ({ answers }) => Object.entries(answers),
  },
  {
    metric: 'errors_total',
    label: 'code',
    help: 'failed attempts, by reason',
    values: ({ errors }) => Object.entries(errors),
  },
];
