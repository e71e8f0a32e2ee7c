import type { AdminListener } from '@pinwheel/admin';
import type { ClusterView, ControlVerb, NodeStatus, RedisStatus } from '@pinwheel/protocol';
import { createProxy, type GivenProxyOptions, type Proxy, type ProxyHistory, type ProxyStatus } from '@pinwheel/proxy';
import { plainSocketsNotice } from '@pinwheel/raw-socket';
import { openAdmin } from './admin/listener.js';
import { listen, plainUrl, planBalancer } from './balancer.js';
import type { Cluster, ClusterNode, StartOptions } from './cluster-types.js';
import { Controls } from './control/controls.js';
import { PageLink } from './control/page-link.js';
import { NodeProcess } from './nodes/node-process.js';
import { tryHandshake, waitUntilReady } from './nodes/probe.js';
import { type ClusterOptions, DEFAULTS } from './options.js';
import { ClusterFailure } from './process/failure.js';
import { checkPort, nodePorts } from './process/ports.js';
import type { SupervisedProcess } from './process/supervised-process.js';
import { checkRedis, type ClusterRedis, startRedis } from './redis/redis.js';

/** Milliseconds in which nodes and connections end: a node drains over 3,000, and everything has ended in 5,000. */
const GRACE = 4_000;
/** Milliseconds in which the embedded Redis ends: it holds nothing worth waiting for. */
const REDIS_GRACE = 500;

/**
 * Starts Redis, the nodes and the balancer on this machine. Resolves when every node serves clients.
 *
 * @throws ClusterFailure (code `cluster_failed`) when the cluster cannot start; then nothing is left running
 * @example
 * const cluster = await startCluster({ nodes: 3, port: 0, nodePort: 0, log: console.error });
 * await cluster.stop();
 */
export async function startCluster(options: StartOptions = {}): Promise<Cluster> {
  const { log = () => undefined, signal, ...given } = options;
  const cluster = new RunningCluster({ ...DEFAULTS, ...given }, log);
  const giveUp = (): void => {
    void cluster.stop(0);
  };
  signal?.addEventListener('abort', giveUp);
  try {
    signal?.throwIfAborted();
    await cluster.start();
  } catch (error) {
    await cluster.stop(0);
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
  return cluster;
}

class RunningCluster implements Cluster {
  url = '';
  readonly controls: Controls;
  readonly #options: ClusterOptions;
  readonly #log: (line: string) => void;
  readonly #stopped = new AbortController();
  #stopping: Promise<void> | undefined;
  #redis: ClusterRedis | undefined;
  #redisProcess: SupervisedProcess | undefined;
  #nodes: readonly NodeProcess[] = [];
  #proxy: Proxy | undefined;
  #admin: AdminListener | undefined;

  constructor(options: ClusterOptions, log: (line: string) => void) {
    this.#options = options;
    this.#log = log;
    this.controls = new Controls(
      () => this.#nodes,
      () => this.#redis,
      (line) => log(`admin | ${line}`),
    );
  }

  /** Every process and listener is known to `#stop` before the next pause: a stop during the start ends all of them. */
  async start(): Promise<void> {
    const { admin } = this.#options;
    const proxyOptions = planBalancer(this.#options, (level, message) => this.#log(`balancer | [${level}] ${message}`));
    const notice = plainSocketsNotice();
    if (notice !== undefined) this.#log(`balancer | [notice] ${notice}`);
    const ports = await this.#checkPorts();
    if (admin !== undefined) this.#admin = await openAdmin(this, admin, this.#log);
    this.#throwIfStopped();
    this.#redis = await this.#startRedis();
    this.#throwIfStopped();
    this.#nodes = this.#makeNodes(ports, this.#redis);
    await Promise.all(this.#nodes.map((node) => this.#startNode(node)));
    this.#throwIfStopped();
    this.url = await this.#startBalancer(proxyOptions(this.#nodes));
    await tryHandshake('the balancer', this.url);
    this.#throwIfStopped();
    if (this.#admin !== undefined) this.#log(`admin | listens on ${this.#admin.url}`);
  }

  /** @returns the ports of the nodes @throws ClusterFailure when a port is in use */
  async #checkPorts(): Promise<readonly number[]> {
    const { config, host, port } = this.#options;
    const ports = nodePorts(this.#options);
    if (config === undefined) await checkPort({ host, port }, '--port');
    for (const nodePort of ports) await checkPort({ host, port: nodePort }, '--node-port');
    return ports;
  }

  #startRedis(): Promise<ClusterRedis> {
    const { redisUrl } = this.#options;
    if (redisUrl !== undefined) return checkRedis(redisUrl);
    return startRedis(this.#log, (process) => {
      this.#redisProcess = process;
    });
  }

  #makeNodes(ports: readonly number[], { url }: ClusterRedis): NodeProcess[] {
    const { adapter, controls, host } = this.#options;
    const page = new PageLink({ view: () => this.#view(), controls: controls ? this.controls : undefined });
    return ports.map((port, index) => {
      const name = `Server${index + 1}`;
      const onStarted = page.attach.bind(page);
      return new NodeProcess({
        name,
        listen: { host, port },
        redis: { url, adapter },
        controls,
        onStarted,
        log: this.#log,
      });
    });
  }

  async #startNode(node: NodeProcess): Promise<void> {
    if (this.#options.handOff) await node.handOffs.prepare();
    await node.process.start();
    await waitUntilReady(node.name, node.url, this.#stopped.signal);
    await tryHandshake(node.name, node.url);
  }

  async #startBalancer(options: GivenProxyOptions): Promise<string> {
    const { config, host, port } = this.#options;
    const proxy = createProxy(options);
    this.#proxy = proxy;
    await listen(proxy, { host, port }, config);
    // A stop before the listener was bound had nothing to close.
    if (this.#stopped.signal.aborted) await proxy.close(0);
    return plainUrl(proxy, { host, port });
  }

  get nodes(): readonly ClusterNode[] {
    return this.#nodes.map(({ name, host, port, url, tag, process }) => {
      return { name, host, port, url, tag, pid: process.pid, ready: process.ready };
    });
  }

  get redis(): Cluster['redis'] {
    const { kind, shown, url } = this.#redis ?? { kind: 'embedded', shown: 'embedded', url: '' };
    return { kind, shown, url, pid: this.#redisProcess?.pid };
  }

  get adminUrl(): string | undefined {
    return this.#admin?.url;
  }

  /** The view that the pages of the nodes show. */
  #view(): ClusterView {
    const { kind, state } = this.redisStatus();
    const verbs: ControlVerb[] = ['kill', 'hang', 'drain', 'revive'];
    if (kind === 'embedded') verbs.push('cut', 'restore');
    return {
      nodes: this.#nodes.map((node) => node.view()),
      redis: state,
      controls: this.#options.controls ? verbs : [],
      ...(this.#options.controls && this.#admin !== undefined && { operator: `${this.#admin.url}/status` }),
    };
  }

  nodeStatus(): readonly NodeStatus[] {
    return this.#nodes.map((node) => node.status());
  }

  redisStatus(): RedisStatus {
    return this.controls.redisStatus();
  }

  status(): ProxyStatus {
    return this.#startedProxy().status();
  }

  history(): ProxyHistory {
    return this.#startedProxy().history();
  }

  #startedProxy(): Proxy {
    if (this.#proxy === undefined) throw new ClusterFailure('the cluster has not started');
    return this.#proxy;
  }

  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const processes = [...this.#nodes.map((node) => node.process), ...(this.#redisProcess ? [this.#redisProcess] : [])];
    const found = processes.find((process) => process.name === name);
    if (found === undefined) {
      throw new RangeError(`expected one of ${processes.map((process) => process.name).join(', ')}, got ${name}`);
    }
    await found.kill(signal);
  }

  stop(graceMs = GRACE): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  /** The balancer stops accepting first, then the nodes drain. Redis stays until they have. */
  async #stop(graceMs: number): Promise<void> {
    this.#stopped.abort();
    const closed = this.#proxy?.close(graceMs);
    for (const node of this.#nodes) node.handOffs.close();
    await Promise.all(this.#nodes.map((node) => node.process.stop(graceMs)));
    await Promise.all([closed, this.#redisProcess?.stop(REDIS_GRACE)]);
    await this.#admin?.close();
  }

  #throwIfStopped(): void {
    if (this.#stopped.signal.aborted) throw new ClusterFailure('the cluster was stopped while it started');
  }
}
