import type { NodeStatus, RedisStatus } from '@pinwheel/protocol';
import type { ProxyHistory, ProxyStatus } from '@pinwheel/proxy';
import type { Controls } from './control/controls.js';
import type { ClusterOptions } from './options.js';
import type { ClusterRedis } from './redis/redis.js';

export interface StartOptions extends Partial<ClusterOptions> {
  /** Gets every line that the cluster and its processes log. Default: lines are discarded. */
  readonly log?: (line: string) => void;
  /** Aborting it ends the start and stops everything. */
  readonly signal?: AbortSignal;
}

/** The state of a node. */
export interface ClusterNode {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** The node tag in its session ids. */
  readonly tag: string;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  readonly ready: boolean;
}

/** A cluster that serves. */
export interface Cluster {
  /** URL at which a client on this machine reaches the balancer, without a slash at the end. */
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
  readonly redis: {
    readonly kind: ClusterRedis['kind'];
    /** `embedded`, or host and port of `REDIS_URL`. */
    readonly shown: string;
    /** The URL of Redis, which may contain a password. */
    readonly url: string;
    readonly pid: number | undefined;
  };
  /** URL of the admin listener, without a slash at the end; undefined without one. */
  readonly adminUrl: string | undefined;
  /** The actions of the admin listener on nodes and Redis. */
  readonly controls: Controls;
  nodeStatus(): readonly NodeStatus[];
  redisStatus(): RedisStatus;
  /** The status of the balancer. */
  status(): ProxyStatus;
  /** The counts of the balancer in each second of the last five minutes. */
  history(): ProxyHistory;
  /**
   * Sends a signal (default SIGKILL) to the process of a node, or of the embedded `Redis`. Resolves when the process has
   * exited. It is restarted.
   *
   * @throws RangeError when no process has that name
   */
  kill(name: string, signal?: NodeJS.Signals): Promise<void>;
  /** Stops accepting, drains the nodes and ends everything. @param graceMs limit of the draining. Default 4,000 */
  stop(graceMs?: number): Promise<void>;
}
