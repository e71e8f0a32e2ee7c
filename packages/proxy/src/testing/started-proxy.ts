import { onTestFinished } from 'vitest';
import type {
  GivenPeer,
  GivenServer,
  GivenTls,
  GivenUpstream,
  LimitOptions,
  TimeoutOptions,
} from '../options/proxy.js';
import { createProxy } from '../proxy.js';
import type { Proxy } from '../proxy.js';
import type { PeerStatus } from '../status/status.js';
import type { RawConnection } from '@pinwheel/testing/raw-connection';
import { openRaw } from '@pinwheel/testing/raw-connection';

export interface ProxySettings {
  readonly upstream?: Partial<GivenUpstream>;
  readonly timeouts?: Partial<TimeoutOptions>;
  readonly limits?: Partial<LimitOptions>;
  readonly tls?: GivenTls;
  readonly tagQueryInterval?: number;
  readonly servers?: readonly GivenServer[];
}

/** A proxy with the given peers, on a free port of 127.0.0.1, closed when the test has finished. */
export class StartedProxy {
  readonly proxy: Proxy;
  /** The messages that the proxy has logged. */
  readonly log: readonly string[];
  readonly #tls: boolean;

  constructor(proxy: Proxy, log: readonly string[], tls: boolean) {
    this.proxy = proxy;
    this.log = log;
    this.#tls = tls;
  }

  get port(): number {
    return this.proxy.addresses[0]?.port ?? 0;
  }

  async connect(): Promise<RawConnection> {
    const connection = await openRaw(this.port, this.#tls);
    onTestFinished(() => connection.destroy());
    return connection;
  }

  peer(index = 0): PeerStatus {
    const peer = this.proxy.status().upstreams[0]?.peers[index];
    if (peer === undefined) throw new Error(`there is no peer ${index}`);
    return peer;
  }

  get idle(): number {
    return this.proxy.status().upstreams[0]?.idle ?? 0;
  }
}

/** @param peers ports of 127.0.0.1, or peers as in `UpstreamOptions.peers` */
export async function startProxy(
  peers: readonly (number | GivenPeer)[],
  settings: ProxySettings = {},
): Promise<StartedProxy> {
  const log: string[] = [];
  const { upstream, tls, ...rest } = settings;
  const proxy = createProxy({
    listeners: [{ port: 0, ...(tls !== undefined && { tls }) }],
    upstreams: [
      {
        name: 'backend',
        stickySid: false,
        peers: peers.map((one) => (typeof one === 'number' ? { host: '127.0.0.1', port: one } : one)),
        ...upstream,
      },
    ],
    log: (_level, message) => log.push(message),
    ...rest,
  });
  await proxy.listen();
  onTestFinished(() => proxy.close(0));
  return new StartedProxy(proxy, log, tls !== undefined);
}
