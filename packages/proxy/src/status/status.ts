import type { CheckStatus } from '../upstream/health-check.js';
import type { ErrorCode } from '../errors.js';
import type { Peer } from '../upstream/peer.js';
import type { PeerState } from '../upstream/counts.js';
import type { RateStatus } from './rate.js';
import type { Sampler } from './sampler.js';
import type { UpstreamGroup } from '../upstream/upstream-group.js';

/** A peer as it stands now. What is counted goes on over a reload that keeps the peer. */
export interface PeerStatus {
  readonly name: string;
  /** `up`; `failed` by max_fails, or without a sign of life; `down` or `drain` by configuration, or told to. */
  readonly state: PeerState;
  /** Seconds that it has been in this state, as far as looks once a second can tell. */
  readonly stateFor: number;
  /** How often it was `failed`, and for how many seconds altogether. */
  readonly downs: number;
  readonly downtime: number;
  /** False after a connection to it could not be made, until one is. */
  readonly reachable: boolean;
  /** Failures that count now, and how many take it out for how many seconds (`max_fails`, `fail_timeout`). */
  readonly fails: number;
  readonly maxFails: number;
  readonly failTimeout: number;
  /** Undefined where peers are not asked for signs of life. */
  readonly check: CheckStatus | undefined;
  readonly backup: boolean;
  readonly weight: number;
  /** Node tag, once known. */
  readonly tag: string | undefined;
  /** Requests and tunnels now, at most at once, and how many there may be (`max_conns`; 0: any number). */
  readonly active: number;
  readonly maxActive: number;
  readonly maxConns: number;
  /** Tunnels, and WebSockets that its process has taken over: now, and since the start. */
  readonly tunnels: number;
  readonly handedOff: number;
  readonly tunnelsOpened: number;
  readonly handOffs: number;
  /** Sessions since the start: Engine.IO's that began by polling, and WebSockets that are no upgrade of one of those. */
  readonly sessions: { readonly polling: number; readonly websocket: number };
  /** Seconds since it was last chosen, as far as looks once a second can tell; undefined before it was. */
  readonly lastChosen: number | undefined;
  /** Attempts since the start, and how many of them failed. */
  readonly requests: number;
  readonly failures: number;
  /** Attempts whose request was tried again, here or elsewhere. */
  readonly retries: number;
  /** Answers since the start, by the first digit of their status; a hand-off counts as 101. */
  readonly answers: Readonly<Record<'1xx' | '2xx' | '3xx' | '4xx' | '5xx', number>>;
  /** Failed attempts by code; and the last one, seconds ago. */
  readonly errors: Readonly<Partial<Record<ErrorCode, number>>>;
  readonly lastError: { readonly code: ErrorCode; readonly ago: number } | undefined;
  /** Bytes to it and from it without those of TLS; of handed-off WebSockets when they are over. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Attempts a second over the last minute. */
  readonly rate: RateStatus;
}

/** One address that clients connect to. */
export interface ListenerStatus {
  /** `address:port` or `unix:path`. */
  readonly name: string;
  readonly tls: boolean;
  /** Connections: since the start, now (tunnels and handed-off ones too), at most at once. */
  readonly accepted: number;
  readonly connections: number;
  readonly maxConnections: number;
  /** Requests since the start, and how many could not be answered as they should. */
  readonly requests: number;
  readonly errors: number;
}

export interface UpstreamStatus {
  readonly name: string;
  readonly policy: string;
  readonly websocketPolicy: string;
  /** Idle connections kept to the peers. */
  readonly idle: number;
  /** Untagged session ids remembered. */
  readonly learnedSids: number;
  readonly peers: readonly PeerStatus[];
}

/** What happened in each second of the last minute. */
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

/** `Proxy.status()`. */
export interface ProxyStatus {
  /** Seconds. */
  readonly uptime: number;
  /** Since the start: client connections, requests, tunnels, hand-offs. */
  readonly accepted: number;
  readonly requests: number;
  readonly tunnelsOpened: number;
  readonly handOffs: number;
  /** Requests that could not be answered as they should, or not wholly; all, and by code. */
  readonly errors: number;
  readonly errorsByCode: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Bytes to and from the peers that there are. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Client connections speaking HTTP. */
  readonly clients: number;
  readonly tunnels: number;
  /** WebSockets given to the processes of peers. */
  readonly handedOff: number;
  readonly rates: RatesStatus;
  readonly listeners: readonly ListenerStatus[];
  readonly upstreams: readonly UpstreamStatus[];
}

/** Counts of each second, the oldest first; fewer than 300 in the first five minutes. */
type Series = readonly number[];

/** The names are those of `RatesStatus`. */
export type TotalSeries = Readonly<Record<keyof RatesStatus, Series>>;

export interface PeerSeries {
  /** Attempts, new sessions, failed attempts, bytes both ways. */
  readonly requests: Series;
  readonly sessions: Series;
  readonly errors: Series;
  readonly bytes: Series;
}

/** `Proxy.history()`. */
export interface ProxyHistory {
  readonly total: TotalSeries;
  readonly peers: readonly (PeerSeries & { readonly upstream: string; readonly name: string })[];
}

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
  const [, informed = 0, good = 0, elsewhere = 0, refused = 0, broken = 0] = counts.answers;
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
    answers: { '1xx': informed, '2xx': good, '3xx': elsewhere, '4xx': refused, '5xx': broken },
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
