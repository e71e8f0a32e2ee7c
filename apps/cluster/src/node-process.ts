import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { formatAddress, reachableHost } from '@pinwheel/cli';
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
import { readListening } from './listening.js';
import type { PageLink } from './page-link.js';
import { INHERITED_FD, SupervisedProcess } from './supervised-process.js';

/** A node of the cluster. */
export class NodeProcess {
  readonly name: string;
  /** Where it is reached on this machine. */
  readonly host: string;
  readonly process: SupervisedProcess;
  /** Gives WebSockets to its process. */
  readonly handOffs = new HandOffs(() => this.process.ready);
  #report: NodeReport | undefined;
  /** When something came from the process, in milliseconds of `performance.now()`. */
  #heardAt = 0;
  #port: number;
  #tag: string;

  /**
   * @param listen the address to listen on; port 0 takes a free one, and keeps it over restarts
   * @param redis how it shares rooms through which Redis
   * @param page serves its pages
   * @param controls pages may do things to the nodes
   */
  constructor(
    name: string,
    listen: { readonly host: string; readonly port: number },
    redis: { readonly url: string; readonly adapter: AdapterName },
    page: PageLink,
    controls: boolean,
    log: (line: string) => void,
  ) {
    this.name = name;
    this.host = reachableHost(listen.host);
    this.#tag = `${name}-${randomBytes(4).toString('hex')}`;
    this.#port = listen.port;
    this.process = new SupervisedProcess({
      name,
      module: fileURLToPath(new URL('main.js', import.meta.resolve('@pinwheel/node'))),
      inherits: () => this.handOffs.takeProcessEnd(),
      env: (inherits) => ({
        ...process.env,
        HOST: listen.host,
        PORT: String(this.#port),
        SERVER_NAME: name,
        NODE_TAG: this.#tag,
        REDIS_URL: redis.url,
        ADAPTER: redis.adapter,
        CONTROLS: controls ? '1' : '0',
        ...(inherits && { HAND_OFF_FD: String(INHERITED_FD) }),
      }),
      onMessage: (message) => {
        const listening = readListening(message);
        this.#port = listening?.port ?? this.#port;
        this.#tag = listening?.tag ?? this.#tag;
        this.#heardAt = performance.now();
        return listening !== undefined;
      },
      onStarted: (child) => {
        this.#report = undefined;
        this.handOffs.attach(child);
        child.on('message', (message) => {
          const report = readNodeReport(message);
          if (report === undefined) return;
          this.#report = report;
          this.#heardAt = performance.now();
        });
        page.attach(child);
        child.once('exit', () => {
          this.#report = undefined;
        });
      },
      log,
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

  /** It hands its sessions back: nobody new is sent to it. */
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

  /** What pages draw of it. */
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
