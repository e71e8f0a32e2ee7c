import { AdminFailure } from '@pinwheel/admin';
import type { RedisStatus } from '@pinwheel/protocol';
import type { NodeProcess } from './node-process.js';
import type { ClusterRedis } from './redis.js';

/** Milliseconds that a node gets to hand its sessions back and end: it drains over 3,000. */
const DRAIN_GRACE = 5_000;
/** Milliseconds for the embedded Redis, which holds nothing worth waiting for. */
const CUT_GRACE = 500;

export type NodeVerb = 'kill' | 'hang' | 'resume' | 'drain' | 'restart';
export type RedisVerb = 'cut' | 'restore';

/** What was done, for the log and for whoever asked. */
export interface Done {
  /** The node, or `Redis`. */
  readonly name: string;
  readonly action: NodeVerb | RedisVerb;
  readonly done: string;
  /** Goes on after this was told. */
  readonly pending: boolean;
}

/** What can be done, by hand, to the processes of a cluster. Every action is one line of the log. */
export class Controls {
  readonly #nodes: () => readonly NodeProcess[];
  readonly #redis: () => ClusterRedis | undefined;
  readonly #log: (line: string) => void;
  /** Nodes that are about to be started again. */
  readonly #restarting = new Map<NodeProcess, Promise<void>>();

  constructor(nodes: () => readonly NodeProcess[], redis: () => ClusterRedis | undefined, log: (line: string) => void) {
    this.#nodes = nodes;
    this.#redis = redis;
    this.#log = log;
  }

  /**
   * Does something to a node. `kill` is SIGKILL, and it is started again by itself; `hang` is SIGSTOP, `resume` SIGCONT;
   * `drain` has it hand its sessions back and end, until `restart`; `restart` is a drain, where it runs, and a start.
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
    if (action === 'restart') return this.#told(node.name, action, this.#restart(node), true);
    const { pid } = node.process;
    if (pid === undefined) {
      throw new AdminFailure(409, 'not_running', `${name} does not run: POST /nodes/${name}/restart starts it`);
    }
    switch (action) {
      case 'kill':
        await node.process.kill('SIGKILL');
        return this.#told(name, action, `killed process ${pid}, it is started again by itself`);
      case 'hang':
        await node.process.kill('SIGSTOP');
        return this.#told(
          name,
          action,
          `stopped process ${pid} (SIGSTOP), which keeps its connections and says nothing`,
        );
      case 'resume':
        await node.process.kill('SIGCONT');
        return this.#told(name, action, `woke process ${pid} (SIGCONT)`);
      case 'drain':
        this.#then(node.process.hold(DRAIN_GRACE), `${name} has drained and stays down`);
        return this.#told(name, action, `process ${pid} hands its sessions back, then ends and stays down`, true);
    }
  }

  /** Wakes a node that hangs; starts one that is down, or has it start again once it has drained. */
  async revive(name: string): Promise<Done> {
    const node = this.#nodes().find((one) => one.name === name);
    return this.node(name, node?.process.asleep === true ? 'resume' : 'restart');
  }

  /** @returns what is being done */
  #restart(node: NodeProcess): string {
    const { name, process } = node;
    const { pid } = process;
    if (!this.#restarting.has(node)) {
      const restarting = process.hold(DRAIN_GRACE).then(() => process.start());
      this.#restarting.set(node, restarting);
      const over = (): boolean => this.#restarting.delete(node);
      restarting.then(over, over);
      this.#then(restarting, `${name} has been restarted`);
    }
    return pid === undefined ? 'is started' : `process ${pid} hands its sessions back, then it is started again`;
  }

  /**
   * `cut` stops the embedded Redis and keeps it away: its port refuses connections, nodes serve their own clients only.
   * `restore` starts it on the same port, empty.
   *
   * @throws AdminFailure `not_embedded` (409) where the Redis is not ours
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
      return this.#told('Redis', action, pid === undefined ? 'stays down' : `ended process ${pid}, which stays down`);
    }
    await process.start();
    return this.#told('Redis', action, `process ${process.pid ?? 'unknown'} serves on the same port, empty`);
  }

  /** The embedded one by its process, another one by what the nodes say. */
  redisStatus(): RedisStatus {
    const { kind, shown, process } = this.#redis() ?? { kind: 'embedded', shown: 'embedded' };
    const pid = process?.pid ?? null;
    if (process !== undefined) return { kind, shown, pid, state: process.held ? 'cut' : process.ready ? 'up' : 'down' };
    const isDown = this.#nodes().some((node) => node.state === 'up' && node.status().redis === false);
    return { kind, shown, pid, state: isDown ? 'down' : 'up' };
  }

  #told(name: string, action: Done['action'], done: string, pending = false): Done {
    this.#log(`${name} ${action}: ${done}`);
    return { name, action, done, pending };
  }

  #then(work: Promise<void>, line: string): void {
    work.then(
      () => this.#log(line),
      (error: unknown) => this.#log(error instanceof Error ? error.message : String(error)),
    );
  }
}
