import type { UpstreamGroup } from './upstream-group.js';

/** A peer as it stands now. */
export interface PeerStatus {
  readonly name: string;
  /** `up`; `failed` by max_fails; `down` or `drain` by configuration. */
  readonly state: 'up' | 'failed' | 'down' | 'drain';
  readonly backup: boolean;
  readonly weight: number;
  /** Node tag, once known. */
  readonly tag: string | undefined;
  /** Requests and tunnels now. */
  readonly active: number;
  readonly tunnels: number;
  /** WebSockets that its process has taken over. */
  readonly handedOff: number;
  /** Attempts since the start, and how many of them failed. */
  readonly requests: number;
  readonly failures: number;
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

/** `Proxy.status()`. */
export interface ProxyStatus {
  /** Seconds. */
  readonly uptime: number;
  readonly requests: number;
  /** Client connections speaking HTTP. */
  readonly clients: number;
  readonly tunnels: number;
  /** WebSockets given to the processes of peers. */
  readonly handedOff: number;
  readonly upstreams: readonly UpstreamStatus[];
}

export function upstreamStatus(group: UpstreamGroup): UpstreamStatus {
  const { upstream } = group;
  return {
    name: upstream.name,
    policy: upstream.options.policy,
    websocketPolicy: upstream.options.websocketPolicy ?? upstream.options.policy,
    idle: group.pool.size,
    learnedSids: upstream.affinity.size,
    peers: upstream.peers.map((peer) => ({
      name: peer.name,
      state: peer.options.down ? 'down' : peer.options.drain ? 'drain' : peer.healthy ? 'up' : 'failed',
      backup: peer.options.backup,
      weight: peer.options.weight,
      tag: peer.tag,
      active: peer.active,
      tunnels: peer.tunnels,
      handedOff: peer.handedOff,
      requests: peer.requests,
      failures: peer.failures,
    })),
  };
}
