/** How one process sees a peer: requests and tunnels now, and failures since it last told. */
export interface PeerNews {
  readonly peer: string;
  readonly active: number;
  readonly failures: number;
}

/**
 * Other processes that serve the same upstreams: the next request of a session may come to any of them. Peers are meant
 * by their names.
 */
export interface Siblings {
  /** An answer of a peer has taught a session id, or a tag. Called before the client gets the answer. */
  learned(upstream: string, kind: 'sid' | 'tag', key: string, peer: string): void;
  /** The peer that holds a session, undefined when no other process knows. Settles in bounded time. */
  find(upstream: string, sid: string): Promise<string | undefined>;
  /** What has changed of the peers of an upstream that is `shared`. */
  peersChanged(upstream: string, news: readonly PeerNews[]): void;
}
