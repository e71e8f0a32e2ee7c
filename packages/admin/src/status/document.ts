import type { NodeStatus, RedisStatus } from '@pinwheel/protocol';
import type { PeerStatus, ProxyStatus, UpstreamStatus } from '@pinwheel/proxy';

/** A process of the balancer. */
export interface ProcessStatus {
  readonly pid: number;
  /** `master`: it serves nobody, its workers do. */
  readonly role: 'master' | 'worker' | 'alone';
  /** Seconds since it was started. */
  readonly uptime: number;
  /** Resident memory in bytes. */
  readonly rss: number;
  /** Over the last second or more: milliseconds by which timers were late, share of the time that the loop was busy. */
  readonly eventLoop: { readonly delayP99: number; readonly delayMax: number; readonly utilization: number };
}

/** `GET /status`: what `Proxy.status()` says, the peers of all upstreams in one list. */
export interface BalancerStatus extends Omit<ProxyStatus, 'upstreams'> {
  /** The program. */
  readonly name: string;
  readonly version: string;
  /** Its master, if it has one, before its workers. */
  readonly processes: readonly ProcessStatus[];
  readonly upstreams: readonly Omit<UpstreamStatus, 'peers'>[];
  readonly peers: readonly (PeerStatus & { readonly upstream: string })[];
}

/** `GET /status` of a cluster: that of its balancer, and more. */
export interface ClusterStatus extends BalancerStatus {
  /** Where a client on this machine reaches the balancer. */
  readonly url: string;
  readonly nodes: readonly NodeStatus[];
  readonly redis: RedisStatus;
}
