import type { NodeReport } from './node-report.js';

/** The parts of the admin listener's documents that only a cluster has. */

/** Must be `1` in a request that changes something: a page of another origin cannot send it without permission (CORS). */
export const ADMIN_HEADER = 'x-pinwheel-admin';

/**
 * `down`: no process runs; `starting`: it does not serve yet; `draining`: it closes its sessions, then exits; `hung`: it is
 * stopped, or has not reported for 3 s.
 */
export type NodeState = 'up' | 'starting' | 'draining' | 'hung' | 'down';

/** A node of the cluster. The numbers are those of its last report, zeros before the first. */
export interface NodeStatus {
  readonly name: string;
  readonly url: string;
  /** The tag in its session ids. */
  readonly tag: string;
  /** `null` while it does not run. */
  readonly pid: number | null;
  readonly state: NodeState;
  /** Engine.IO sessions by transport. */
  readonly sessions: { readonly polling: number; readonly websocket: number };
  /** Connections of the plain WebSocket echo. */
  readonly plain: number;
  /** WebSockets, of sessions or plain, that the balancer has handed off to its process. */
  readonly handedOff: number;
  readonly rooms: number;
  /** True when Redis answers this node; `null` where that is not known. */
  readonly redis: boolean | null;
  readonly eventLoop: Pick<NodeReport, 'delayP99' | 'delayMax' | 'utilization'>;
  /** Resident memory in bytes. */
  readonly rss: number;
  /** Seconds since it began to serve; 0 while it does not. */
  readonly uptime: number;
  /** The number of unexpected exits. */
  readonly crashes: number;
}

/** The Redis that the nodes share. */
export interface RedisStatus {
  readonly kind: 'embedded' | 'external';
  /** `cut`: stopped on request; `down`: not running, or not answering the nodes. */
  readonly state: 'up' | 'down' | 'cut';
  /** `embedded`, or host and port. */
  readonly shown: string;
  /** Process id of the embedded Redis while it runs. */
  readonly pid: number | null;
}

/** The body of every error response. `code` is stable. */
export interface AdminErrorDocument {
  readonly error: { readonly code: string; readonly message: string };
}
