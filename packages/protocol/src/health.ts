/** `GET /healthz`: the process is alive and answers. Always 200. */
export interface HealthDocument {
  status: 'alive';
  /** The node tag in this node's session ids: how a balancer learns which peer a tag means. */
  tag: string;
  /** The node's name. */
  server: string;
  /** Seconds since the node started. */
  uptime: number;
}

/** `GET /readyz`: 200 when the node should get new sessions, else 503 with the reason. */
export interface ReadyDocument {
  ready: boolean;
  server: string;
  /** `drain` while the node hands its sessions back. */
  state: 'up' | 'drain';
  redis: {
    /** `none` for a server without Redis. */
    state: 'ok' | 'failed' | 'none';
    /** Milliseconds for a message through Redis and back, when it came back. */
    roundTripMs?: number;
    /** Why not ok, for a person. */
    reason?: string;
  };
}
