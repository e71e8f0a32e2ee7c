import type { CheckStatus } from '../upstream/health-check.js';
import type { ErrorCode } from '../errors.js';
import type { Peer } from '../upstream/peer.js';
import type { PeerState } from '../upstream/counts.js';
import type { RateStatus } from './rate.js';
import type { Sampler } from './sampler.js';
import type { UpstreamGroup } from '../upstream/upstream-group.js';

/** The state of a peer. Its counters survive a reload that keeps the peer. */
export interface PeerStatus {
  readonly name: string;
  /** `up`; `failed` by `max_fails` or a health check; `down` or `drain` by configuration or on request. */
  readonly state: PeerState;
  /** Seconds in this state, accurate to a second. */
  readonly stateFor: number;
  /** How often the peer was `failed`, and for how many seconds in all. */
  readonly downs: number;
  readonly downtime: number;
  /** False from a failed connection attempt until a connection succeeds. */
  readonly reachable: boolean;
  /** Failures that count at present; `maxFails` of them take the peer out for `failTimeout` seconds. */
  readonly fails: number;
  readonly maxFails: number;
  readonly failTimeout: number;
  /** Undefined without health checks. */
  readonly check: CheckStatus | undefined;
  readonly backup: boolean;
  readonly weight: number;
  /** Node tag; undefined until it is known. */
  readonly tag: string | undefined;
  /** Requests and tunnels in flight, the most at once, and their limit (`max_conns`; 0: no limit). */
  readonly active: number;
  readonly maxActive: number;
  readonly maxConns: number;
  /** Tunnels and handed-off WebSockets: open now (first two), and opened since the start. */
  readonly tunnels: number;
  readonly handedOff: number;
  readonly tunnelsOpened: number;
  readonly handOffs: number;
  /** Sessions since the start: Engine.IO sessions that began by polling, and WebSockets that did not upgrade one. */
  readonly sessions: { readonly polling: number; readonly websocket: number };
  /** Seconds since the peer was last chosen, accurate to a second; undefined when it never was. */
  readonly lastChosen: number | undefined;
  /** Attempts since the start, and those of them that `max_fails` counts as failures. */
  readonly requests: number;
  readonly failures: number;
  /** Attempts after which the request was retried, at this peer or another. */
  readonly retries: number;
  /** Responses since the start, by the first digit of their status; a hand-off counts as 101. */
  readonly answers: Readonly<Record<'1xx' | '2xx' | '3xx' | '4xx' | '5xx', number>>;
  /** Failed attempts by code, and the last of them, `ago` in seconds. */
  readonly errors: Readonly<Partial<Record<ErrorCode, number>>>;
  readonly lastError: { readonly code: ErrorCode; readonly ago: number } | undefined;
  /** Bytes to and from the peer, without the overhead of TLS. Those of a handed-off WebSocket are added when it ends. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Attempts per second over the last minute. */
  readonly rate: RateStatus;
}

/** One address that clients connect to. */
export interface ListenerStatus {
  /** `address:port` or `unix:path`. */
  readonly name: string;
  readonly tls: boolean;
  /** Connections since the start, open now (tunnels and hand-offs included), and the most at once. */
  readonly accepted: number;
  readonly connections: number;
  readonly maxConnections: number;
  /** Requests since the start, and those of them that failed. */
  readonly requests: number;
  readonly errors: number;
}

/** The state of an upstream and its peers. */
export interface UpstreamStatus {
  readonly name: string;
  readonly policy: string;
  readonly websocketPolicy: string;
  /** Idle connections to the peers. */
  readonly idle: number;
  /** Session ids without a tag that are remembered. */
  readonly learnedSids: number;
  readonly peers: readonly PeerStatus[];
}

/** Rates of the proxy over the last minute. */
export interface RatesStatus {
  readonly requests: RateStatus;
  /** Client connections. */
  readonly accepted: RateStatus;
  /** Tunnels and hand-offs. */
  readonly websockets: RateStatus;
  readonly errors: RateStatus;
  readonly bytesSent: RateStatus;
  readonly bytesReceived: RateStatus;
}

/** The result of `Proxy.status()`. */
export interface ProxyStatus {
  /** Seconds since the proxy was created. */
  readonly uptime: number;
  /** Since the start: client connections, requests, tunnels, hand-offs. */
  readonly accepted: number;
  readonly requests: number;
  readonly tunnelsOpened: number;
  readonly handOffs: number;
  /** Requests that failed, or whose response was cut off: all, and by code. */
  readonly errors: number;
  readonly errorsByCode: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Bytes to and from the present peers. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Client connections that speak HTTP, without tunnels and hand-offs. */
  readonly clients: number;
  readonly tunnels: number;
  /** Open WebSockets that were handed off to the processes of peers. */
  readonly handedOff: number;
  readonly rates: RatesStatus;
  readonly listeners: readonly ListenerStatus[];
  readonly upstreams: readonly UpstreamStatus[];
}

/** One count per second, the oldest first; 300, or fewer in the first five minutes. */
type Series = readonly number[];

/** The series of the whole proxy, named as in `RatesStatus`. */
export type TotalSeries = Readonly<Record<keyof RatesStatus, Series>>;

/** The series of one peer. */
export interface PeerSeries {
  /** Attempts, new sessions, failed attempts, and bytes in both directions. */
  readonly requests: Series;
  readonly sessions: Series;
  readonly errors: Series;
  readonly bytes: Series;
}

/** The result of `Proxy.history()`. */
export interface ProxyHistory {
  readonly total: TotalSeries;
  readonly peers: readonly (PeerSeries & { readonly upstream: string; readonly name: string })[];
}

/** Reads the state of an upstream. */
export function upstreamStatus(group: UpstreamGroup, sampler: Sampler): UpstreamStatus {
  const { upstream } = group;
  return {
    name: upstream.name,
    policy: upstream.options.policy,
    websocketPolicy: upstream.options.websocketPolicy ?? upstream.options.policy,
    idle: group.pool.size,
    learnedSids: upstream.affinity.size,
    peers: upstream.peers.map((peer) => peerStatus(peer, group.checkOf(peer), sampler)),
  };
}

function peerStatus(peer: Peer, check: CheckStatus | undefined, sampler: Sampler): PeerStatus {
  const { counts, options, state } = peer;
  const now = performance.now();
  counts.look(state, now);
  const { sent, received } = counts.bytes;
  const [, informational = 0, successful = 0, redirects = 0, clientErrors = 0, serverErrors = 0] = counts.answers;
  return {
    name: peer.name,
    state,
    ...counts.health(now),
    reachable: peer.reachable,
    fails: peer.fails,
    maxFails: options.maxFails,
    failTimeout: options.failTimeout / 1_000,
    check,
    backup: options.backup,
    weight: options.weight,
    tag: peer.tag,
    active: peer.active,
    maxActive: counts.maxActive,
    maxConns: options.maxConns,
    tunnels: counts.tunnels,
    handedOff: counts.handedOff,
    tunnelsOpened: counts.tunnelsOpened,
    handOffs: counts.handOffs,
    sessions: { polling: counts.pollingSessions, websocket: counts.websocketSessions },
    lastChosen: counts.lastChosen(now),
    requests: counts.requests,
    failures: counts.failures,
    retries: counts.retries,
    answers: {
      '1xx': informational,
      '2xx': successful,
      '3xx': redirects,
      '4xx': clientErrors,
      '5xx': serverErrors,
    },
    errors: Object.fromEntries(counts.errors),
    lastError:
      counts.lastError === undefined
        ? undefined
        : { code: counts.lastError.code, ago: (now - counts.lastError.at) / 1_000 },
    bytesSent: sent,
    bytesReceived: received,
    rate: sampler.ofPeer(counts),
  };
}
