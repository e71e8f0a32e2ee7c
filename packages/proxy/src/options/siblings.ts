/** The report of one process on a peer. */
export interface PeerNews {
  /** Name of the peer. */
  readonly peer: string;
  /** Requests and tunnels in flight. */
  readonly active: number;
  /** Failures since the last report. */
  readonly failures: number;
}

/**
 * Other processes that serve the same upstreams: the next request of a session may come to any of them. Peers are given by
 * name.
 */
export interface Siblings {
  /** A response of a peer has shown a session id or a tag. Called before the client gets the response. */
  learned(upstream: string, kind: 'sid' | 'tag', key: string, peer: string): void;
  /** The peer that holds a session; undefined when no other process knows it. Must settle in bounded time. */
  find(upstream: string, sid: string): Promise<string | undefined>;
  /** Reports changed peers of an upstream with `shared`. */
  peersChanged(upstream: string, news: readonly PeerNews[]): void;
}
