import type { NodeStatus, RedisStatus } from '@pinwheel/protocol';
import type { PeerStatus, ProxyStatus, UpstreamStatus } from '@pinwheel/proxy';

/** One process of the balancer. */
export interface ProcessStatus {
  readonly pid: number;
  /** `alone` serves clients itself; `master` leaves that to its workers. */
  readonly role: 'master' | 'worker' | 'alone';
  /** Seconds since its start. */
  readonly uptime: number;
  /** Resident memory in bytes. */
  readonly rss: number;
  /** Over the last second or more: milliseconds by which timers were late, and the share of time that the loop was busy. */
  readonly eventLoop: { readonly delayP99: number; readonly delayMax: number; readonly utilization: number };
}

/** `GET /status` of a balancer: `Proxy.status()`, with the peers of all upstreams in one list. */
export interface BalancerStatus extends Omit<ProxyStatus, 'upstreams'> {
  /** Name of the program. */
  readonly name: string;
  readonly version: string;
  /** The master, if there is one, comes first. */
  readonly processes: readonly ProcessStatus[];
  readonly upstreams: readonly Omit<UpstreamStatus, 'peers'>[];
  readonly peers: readonly (PeerStatus & { readonly upstream: string })[];
}

/** `GET /status` of a cluster: the document of its balancer, the nodes and Redis. */
export interface ClusterStatus extends BalancerStatus {
  /** URL at which a client on this machine reaches the balancer. */
  readonly url: string;
  readonly nodes: readonly NodeStatus[];
  readonly redis: RedisStatus;
}
