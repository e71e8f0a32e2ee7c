import type { AdminListener } from '@pinwheel/admin';
import { formatAddress, urlOf } from '@pinwheel/cli';
import type { ClusterView, ControlVerb, NodeStatus, RedisStatus } from '@pinwheel/protocol';
import {
  createProxy,
  type GivenPeer,
  type GivenProxyOptions,
  type GivenUpstream,
  type Proxy,
  type ProxyHistory,
  type ProxyStatus,
} from '@pinwheel/proxy';
import { openAdmin } from './admin.js';
import { ClusterFailure } from './cluster-failure.js';
import { cannotServe, readConfiguration } from './configuration.js';
import { Controls } from './controls.js';
import { NodeProcess } from './node-process.js';
import { type ClusterOptions, DEFAULTS } from './options.js';
import { PageLink } from './page-link.js';
import { cannotListen, checkPort, nodePorts } from './ports.js';
import { tryHandshake, waitUntilReady } from './probe.js';
import { checkRedis, type ClusterRedis, startRedis } from './redis.js';
import type { SupervisedProcess } from './supervised-process.js';

/** Milliseconds that nodes and connections get to end by themselves: a node drains over 3,000, and all is over in 5,000. */
const GRACE = 4_000;
/** Milliseconds for the embedded Redis, which holds nothing worth waiting for. */
const REDIS_GRACE = 500;

export interface StartOptions extends Partial<ClusterOptions> {
  /** Gets every line that the cluster and its processes have to tell. Default: nobody. */
  readonly log?: (line: string) => void;
  /** Aborted: the start is given up and everything stopped. */
  readonly signal?: AbortSignal;
}

/** A node as it stands now. */
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
  /** Where a client on this machine reaches the balancer, without a slash at the end. */
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
  readonly redis: {
    readonly kind: ClusterRedis['kind'];
    /** `embedded`, or host and port of `REDIS_URL`. */
    readonly shown: string;
    /** With the password. */
    readonly url: string;
    readonly pid: number | undefined;
  };
  /** Where the admin listener is, without a slash at the end; undefined without one. */
  readonly adminUrl: string | undefined;
  /** What can be done to its processes, as the admin listener does it. */
  readonly controls: Controls;
  /** What the nodes hold, and Redis. */
  nodeStatus(): readonly NodeStatus[];
  redisStatus(): RedisStatus;
  /** What the balancer holds and has done. */
  status(): ProxyStatus;
  /** What the balancer did in each second of the last five minutes. */
  history(): ProxyHistory;
  /**
   * Sends a signal (default SIGKILL) to the process of a node, or of the embedded `Redis`; resolves when it has ended.
   * It is started again.
   *
   * @throws RangeError when there is no process of that name
   */
  kill(name: string, signal?: NodeJS.Signals): Promise<void>;
  /** Accepts no more, drains the nodes, ends everything. `graceMs` (default 4,000) bounds the draining. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Starts Redis, the nodes and the balancer on this machine. Resolves when a client is served by every node.
 *
 * @throws ClusterFailure (code `cluster_failed`) when it cannot start; then nothing is left running
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
  readonly #options: ClusterOptions;
  readonly #log: (line: string) => void;
  readonly #stopped = new AbortController();
  #stopping: Promise<void> | undefined;
  #redis: ClusterRedis | undefined;
  #redisProcess: SupervisedProcess | undefined;
  #nodes: readonly NodeProcess[] = [];
  #proxy: Proxy | undefined;
  #admin: AdminListener | undefined;
  readonly controls: Controls;

  constructor(options: ClusterOptions, log: (line: string) => void) {
    this.#options = options;
    this.#log = log;
    this.controls = new Controls(
      () => this.#nodes,
      () => this.#redis,
      (line) => log(`admin | ${line}`),
    );
  }

  async start(): Promise<void> {
    const { adapter, controls, handOff, host, port, redisUrl } = this.#options;
    const ports = nodePorts(this.#options);
    const balancer = this.#balancerOptions();
    if (this.#options.config === undefined) await checkPort({ host, port }, '--port');
    for (const nodePort of ports) await checkPort({ host, port: nodePort }, '--node-port');

    if (this.#options.admin !== undefined) this.#admin = await openAdmin(this, this.#options.admin, this.#log);

    // From here on every process and listener is known to #stop before the next pause.
    this.#throwIfStopped();
    this.#redis =
      redisUrl === undefined
        ? await startRedis(this.#log, (process) => {
            this.#redisProcess = process;
          })
        : await checkRedis(redisUrl);
    this.#throwIfStopped();

    const redis = { url: this.#redis.url, adapter };
    const page = new PageLink({ view: () => this.#view(), controls: controls ? this.controls : undefined });
    this.#nodes = ports.map((nodePort, index) => {
      return new NodeProcess(`Server${index + 1}`, { host, port: nodePort }, redis, page, controls, this.#log);
    });
    await Promise.all(
      this.#nodes.map(async (node) => {
        if (handOff) await node.handOffs.prepare();
        await node.process.start();
        await waitUntilReady(node.name, node.url, this.#stopped.signal);
        await tryHandshake(node.name, node.url);
      }),
    );
    this.#throwIfStopped();
    this.url = await this.#startProxy(balancer());
    await tryHandshake('the balancer', this.url);
    this.#throwIfStopped();
    if (this.#admin !== undefined) this.#log(`admin | listens on ${this.#admin.url}`);
  }

  /** Reads the file at once, so that what is wrong with it is told before anything starts. */
  #balancerOptions(): () => GivenProxyOptions {
    const { host, port, policy, websocketPolicy, config } = this.#options;
    const log: GivenProxyOptions['log'] = (level, message) => this.#log(`balancer | [${level}] ${message}`);
    if (config !== undefined) {
      const options = readConfiguration(config, log);
      return () => ({ ...options, upstreams: options.upstreams.map((one) => this.#withNodes(one)) });
    }
    return () => ({
      listeners: [{ host, port }],
      upstreams: [
        {
          name: 'nodes',
          peers: this.#nodes.map((node) => ({
            host: node.host,
            port: node.port,
            route: node.tag,
            ...this.#known(node),
          })),
          policy,
          websocketPolicy,
          healthCheck: {},
        },
      ],
      log,
    });
  }

  /** What the balancer is told of a node whose process is ours. */
  #known(node: NodeProcess): Pick<GivenPeer, 'drains' | 'handOff'> {
    return { drains: () => node.leaving, ...(this.#options.handOff ? { handOff: node.handOffs } : {}) };
  }

  /** Peers of a file that are nodes of this cluster take their WebSockets over, and are asked for signs of life. */
  #withNodes(upstream: GivenUpstream): GivenUpstream {
    if (upstream.tls !== undefined) return upstream;
    let ours = 0;
    const peers = upstream.peers.map((peer) => {
      const node = this.#nodes.find(({ host, port }) => port === peer.port && isSameHost(host, peer.host));
      if (node === undefined) return peer;
      ours++;
      return { ...peer, ...this.#known(node) };
    });
    return ours < peers.length ? { ...upstream, peers } : { ...upstream, peers, healthCheck: {} };
  }

  async #startProxy(options: GivenProxyOptions): Promise<string> {
    const { host, port, config } = this.#options;
    const proxy = createProxy(options);
    this.#proxy = proxy;
    try {
      await proxy.listen();
    } catch (error) {
      throw config === undefined ? cannotListen(error, { host, port }, '--port') : cannotServe(error, config);
    }
    // A close before the listener was bound had nothing to close.
    if (this.#stopped.signal.aborted) await proxy.close(0);
    const address = proxy.addresses.find((one) => !one.tls);
    if (address === undefined)
      throw new ClusterFailure(`the balancer does not listen on ${formatAddress({ host, port })} for plain HTTP`);
    return urlOf(address);
  }

  get nodes(): readonly ClusterNode[] {
    return this.#nodes.map(({ name, host, port, url, tag, process }) => ({
      name,
      host,
      port,
      url,
      tag,
      pid: process.pid,
      ready: process.ready,
    }));
  }

  get redis(): Cluster['redis'] {
    const { kind, shown, url } = this.#redis ?? { kind: 'embedded', shown: 'embedded', url: '' };
    return { kind, shown, url, pid: this.#redisProcess?.pid };
  }

  get adminUrl(): string | undefined {
    return this.#admin?.url;
  }

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
    if (this.#proxy === undefined) throw new ClusterFailure('the cluster has not started');
    return this.#proxy.status();
  }

  history(): ProxyHistory {
    if (this.#proxy === undefined) throw new ClusterFailure('the cluster has not started');
    return this.#proxy.history();
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

  /** First no new clients, then the nodes hand back the ones they have, and Redis is there until they are through. */
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

/** A node's address, as a file may write it. */
function isSameHost(host: string, written: string): boolean {
  return written === host || (written === 'localhost' && (host === '127.0.0.1' || host === '::1'));
}
