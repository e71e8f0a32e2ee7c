import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { formatAddress, reachableHost } from '@pinwheel/balancer';
import type { AdapterName } from '@pinwheel/protocol';
import { HandOffs } from './hand-offs.js';
import { readListening } from './listening.js';
import { SupervisedProcess } from './supervised-process.js';

/** A node of the cluster. */
export class NodeProcess {
  readonly name: string;
  /** Where it is reached on this machine. */
  readonly host: string;
  readonly process: SupervisedProcess;
  /** Gives WebSockets to its process. */
  readonly handOffs = new HandOffs(() => this.process.ready);
  #port: number;
  #tag: string;

  /**
   * @param listen the address to listen on; port 0 takes a free one, and keeps it over restarts
   * @param redis how it shares rooms through which Redis
   */
  constructor(
    name: string,
    listen: { readonly host: string; readonly port: number },
    redis: { readonly url: string; readonly adapter: AdapterName },
    log: (line: string) => void,
  ) {
    this.name = name;
    this.host = reachableHost(listen.host);
    this.#tag = `${name}-${randomBytes(4).toString('hex')}`;
    this.#port = listen.port;
    this.process = new SupervisedProcess({
      name,
      module: fileURLToPath(new URL('main.js', import.meta.resolve('@pinwheel/node'))),
      env: () => ({
        ...process.env,
        HOST: listen.host,
        PORT: String(this.#port),
        SERVER_NAME: name,
        NODE_TAG: this.#tag,
        REDIS_URL: redis.url,
        ADAPTER: redis.adapter,
      }),
      onMessage: (message) => {
        const listening = readListening(message);
        this.#port = listening?.port ?? this.#port;
        this.#tag = listening?.tag ?? this.#tag;
        return listening !== undefined;
      },
      onStarted: (child) => this.handOffs.attach(child),
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
}
