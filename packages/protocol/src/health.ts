/** Response to `GET /healthz`: the process is alive. Always 200. */
export interface HealthDocument {
  status: 'alive';
  /** The tag in this node's session ids, by which a balancer learns the peer of a tag. */
  tag: string;
  /** The node's name. */
  server: string;
  /** Seconds since the node started. */
  uptime: number;
}

/** Response to `GET /readyz`: 200 when the node should get new sessions, else 503 with the reason. */
export interface ReadyDocument {
  ready: boolean;
  server: string;
  /** `drain` while the node closes its sessions. */
  state: 'up' | 'drain';
  redis: {
    /** `none` for a server without Redis. */
    state: 'ok' | 'failed' | 'none';
    /** Milliseconds for a message through Redis and back. */
    roundTripMs?: number;
    /** Why the state is `failed`, for people. */
    reason?: string;
  };
}
