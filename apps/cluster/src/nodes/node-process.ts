import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type Address, formatAddress, reachableHost } from '@pinwheel/cli';
import {
  type AdapterName,
  type NodeReport,
  type NodeState,
  type NodeStatus,
  readNodeReport,
  REPORT_SILENCE,
  type ViewNode,
} from '@pinwheel/protocol';
import { HandOffs } from './hand-offs.js';
import { readListening } from '../process/listening.js';
import { INHERITED_FD, SupervisedProcess } from '../process/supervised-process.js';

export interface NodeOptions {
  readonly name: string;
  /** The address to listen on. Port 0 takes a free one and keeps it over restarts. */
  readonly listen: Address;
  readonly redis: { readonly url: string; readonly adapter: AdapterName };
  /** Pages may kill, hang, drain and revive nodes. */
  readonly controls: boolean;
  /** Called with every process of the node when it is started. */
  readonly onStarted: (child: ChildProcess) => void;
  readonly log: (line: string) => void;
}

/** A node of the cluster. */
export class NodeProcess {
  readonly name: string;
  /** The host at which this machine reaches the node. */
  readonly host: string;
  readonly process: SupervisedProcess;
  /** Gives WebSockets to the process. */
  readonly handOffs = new HandOffs(() => this.process.ready);
  readonly #options: NodeOptions;
  #report: NodeReport | undefined;
  /** The time of the process's last message, in milliseconds of `performance.now()`. */
  #heardAt = 0;
  #port: number;
  #tag: string;

  constructor(options: NodeOptions) {
    const { name, listen, log } = options;
    this.#options = options;
    this.name = name;
    this.host = reachableHost(listen.host);
    this.#tag = `${name}-${randomBytes(4).toString('hex')}`;
    this.#port = listen.port;
    this.process = new SupervisedProcess({
      name,
      module: fileURLToPath(new URL('main.js', import.meta.resolve('@pinwheel/node'))),
      inherits: () => this.handOffs.takeProcessEnd(),
      env: (inherits) => this.#environment(inherits),
      onMessage: (message) => this.#readListening(message),
      onStarted: (child) => this.#attach(child),
      log,
    });
  }

  #environment(inherits: boolean): NodeJS.ProcessEnv {
    const { name, listen, redis, controls } = this.#options;
    return {
      ...process.env,
      HOST: listen.host,
      PORT: String(this.#port),
      SERVER_NAME: name,
      NODE_TAG: this.#tag,
      REDIS_URL: redis.url,
      ADAPTER: redis.adapter,
      CONTROLS: controls ? '1' : '0',
      ...(inherits && { HAND_OFF_FD: String(INHERITED_FD) }),
    };
  }

  /** @returns true when the process listens */
  #readListening(message: unknown): boolean {
    const listening = readListening(message);
    this.#port = listening?.port ?? this.#port;
    this.#tag = listening?.tag ?? this.#tag;
    this.#heardAt = performance.now();
    return listening !== undefined;
  }

  #attach(child: ChildProcess): void {
    this.#report = undefined;
    this.handOffs.attach(child);
    child.on('message', (message) => {
      const report = readNodeReport(message);
      if (report === undefined) return;
      this.#report = report;
      this.#heardAt = performance.now();
    });
    this.#options.onStarted(child);
    child.once('exit', () => {
      this.#report = undefined;
    });
  }

  get port(): number {
    return this.#port;
  }

  /** The node tag in its session ids, the same after a restart. */
  get tag(): string {
    return this.#tag;
  }

  get url(): string {
    return `http://${formatAddress(this)}`;
  }

  /** True while the node drains: it gets no new clients. */
  get leaving(): boolean {
    return this.process.leaving || this.#report?.draining === true;
  }

  get state(): NodeState {
    const { pid, ready, leaving, asleep } = this.process;
    if (pid === undefined) return 'down';
    if (leaving) return 'draining';
    if (asleep) return 'hung';
    if (!ready) return 'starting';
    if (performance.now() - this.#heardAt > REPORT_SILENCE) return 'hung';
    return this.#report?.draining === true ? 'draining' : 'up';
  }

  /** The part of the status that pages draw. */
  view(): ViewNode {
    const { polling = 0, websocket = 0, events = 0, said = 0, redisMs } = this.#report ?? {};
    return { server: this.name, state: this.state, polling, websocket, events, said, redisMs };
  }

  status(): NodeStatus {
    const { process, state, name, url, tag, handOffs } = this;
    const { polling = 0, websocket = 0, plain = 0, rooms = 0, rss = 0, redis } = this.#report ?? {};
    const { delayP99 = 0, delayMax = 0, utilization = 0 } = this.#report ?? {};
    return {
      name,
      url,
      tag,
      pid: process.pid ?? null,
      state,
      sessions: { polling, websocket },
      plain,
      handedOff: handOffs.size,
      rooms,
      redis: redis ?? null,
      eventLoop: { delayP99, delayMax, utilization },
      rss,
      uptime: process.uptime,
      crashes: process.crashes,
    };
  }
}
