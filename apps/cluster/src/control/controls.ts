import { AdminFailure } from '@pinwheel/admin';
import type { NodeState, NodeStatus, RedisStatus } from '@pinwheel/protocol';

/** Milliseconds in which a node drains and exits: it drains over 3,000. */
const DRAIN_GRACE = 5_000;
/** Milliseconds in which the embedded Redis exits: it holds nothing worth waiting for. */
const CUT_GRACE = 500;

export type NodeVerb = 'kill' | 'hang' | 'resume' | 'drain' | 'restart';
export type RedisVerb = 'cut' | 'restore';

/** A process that can be controlled. */
export interface ControlledProcess {
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  readonly ready: boolean;
  readonly held: boolean;
  readonly asleep: boolean;
  start(): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
  hold(graceMs: number): Promise<void>;
}

export interface ControlledNode {
  readonly name: string;
  readonly state: NodeState;
  readonly process: ControlledProcess;
  status(): Pick<NodeStatus, 'redis'>;
}

export interface ControlledRedis {
  readonly kind: RedisStatus['kind'];
  readonly shown: string;
  /** The process of the embedded Redis. */
  readonly process?: ControlledProcess;
}

/** An action that was done, for the log and for the caller. */
export interface Done {
  /** The node, or `Redis`. */
  readonly name: string;
  readonly action: NodeVerb | RedisVerb;
  readonly done: string;
  /** True when the action continues after the answer. */
  readonly pending: boolean;
}

/** The actions of an operator on the processes of a cluster. Each action is logged in one line. */
export class Controls {
  readonly #nodes: () => readonly ControlledNode[];
  readonly #redis: () => ControlledRedis | undefined;
  readonly #log: (line: string) => void;
  /** Nodes whose restart is in progress. */
  readonly #restarting = new Map<ControlledNode, Promise<void>>();

  constructor(
    nodes: () => readonly ControlledNode[],
    redis: () => ControlledRedis | undefined,
    log: (line: string) => void,
  ) {
    this.#nodes = nodes;
    this.#redis = redis;
    this.#log = log;
  }

  /**
   * Acts on a node. `kill` is SIGKILL, after which the node is restarted; `hang` is SIGSTOP, `resume` SIGCONT; `drain`
   * makes it hand back its sessions and exit, until `restart`; `restart` is a drain, if it runs, and a start.
   *
   * @throws AdminFailure `unknown_node` (404), `not_running` (409)
   */
  async node(name: string, action: NodeVerb): Promise<Done> {
    const node = this.#nodes().find((one) => one.name === name);
    if (node === undefined) {
      const known = this.#nodes().map((one) => one.name);
      const shown = JSON.stringify(name).slice(0, 80);
      throw new AdminFailure(404, 'unknown_node', `expected one of ${known.join(', ')}, got ${shown}`);
    }
    if (action === 'restart') return this.#report(node.name, action, this.#restart(node), true);
    const { pid } = node.process;
    if (pid === undefined) {
      throw new AdminFailure(409, 'not_running', `${name} does not run: POST /nodes/${name}/restart starts it`);
    }
    switch (action) {
      case 'kill':
        await node.process.kill('SIGKILL');
        return this.#report(name, action, `killed process ${pid}; the node restarts automatically`);
      case 'hang':
        await node.process.kill('SIGSTOP');
        return this.#report(
          name,
          action,
          `stopped process ${pid} (SIGSTOP), which keeps its connections and sends nothing`,
        );
      case 'resume':
        await node.process.kill('SIGCONT');
        return this.#report(name, action, `woke process ${pid} (SIGCONT)`);
      case 'drain':
        this.#logWhenDone(node.process.hold(DRAIN_GRACE), `${name} has drained and stays down`);
        return this.#report(name, action, `process ${pid} hands back its sessions, then exits and stays down`, true);
    }
  }

  /** Wakes a node that hangs; restarts any other node. */
  async revive(name: string): Promise<Done> {
    const node = this.#nodes().find((one) => one.name === name);
    return this.node(name, node?.process.asleep === true ? 'resume' : 'restart');
  }

  /** @returns a description of what happens */
  #restart(node: ControlledNode): string {
    const { name, process } = node;
    const { pid } = process;
    if (!this.#restarting.has(node)) {
      const restarting = process.hold(DRAIN_GRACE).then(() => process.start());
      this.#restarting.set(node, restarting);
      const over = (): boolean => this.#restarting.delete(node);
      restarting.then(over, over);
      this.#logWhenDone(restarting, `${name} has been restarted`);
    }
    return pid === undefined ? 'starts' : `process ${pid} hands back its sessions, then the node starts again`;
  }

  /**
   * `cut` ends the embedded Redis until `restore`: its port refuses connections, and nodes serve their own clients only.
   * `restore` starts it on the same port, empty.
   *
   * @throws AdminFailure `not_embedded` (409) for the Redis of `REDIS_URL`
   */
  async redis(action: RedisVerb): Promise<Done> {
    const redis = this.#redis();
    const process = redis?.process;
    if (process === undefined) {
      const shown = redis?.shown ?? 'none';
      throw new AdminFailure(409, 'not_embedded', `only the embedded Redis can be cut and restored, not ${shown}`);
    }
    if (action === 'cut') {
      const { pid } = process;
      await process.hold(CUT_GRACE);
      return this.#report('Redis', action, pid === undefined ? 'stays down' : `ended process ${pid}, which stays down`);
    }
    await process.start();
    return this.#report('Redis', action, `process ${process.pid ?? 'unknown'} serves on the same port, empty`);
  }

  /** The state of the embedded Redis comes from its process, that of another Redis from the nodes' reports. */
  redisStatus(): RedisStatus {
    const { kind, shown, process } = this.#redis() ?? { kind: 'embedded', shown: 'embedded' };
    const pid = process?.pid ?? null;
    if (process !== undefined) return { kind, shown, pid, state: process.held ? 'cut' : process.ready ? 'up' : 'down' };
    const isDown = this.#nodes().some((node) => node.state === 'up' && node.status().redis === false);
    return { kind, shown, pid, state: isDown ? 'down' : 'up' };
  }

  #report(name: string, action: Done['action'], done: string, pending = false): Done {
    this.#log(`${name} ${action}: ${done}`);
    return { name, action, done, pending };
  }

  #logWhenDone(work: Promise<void>, line: string): void {
    work.then(
      () => this.#log(line),
      (error: unknown) => this.#log(error instanceof Error ? error.message : String(error)),
    );
  }
}
