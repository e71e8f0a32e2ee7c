import type { ClientHost } from './client.js';
import { Client } from './client.js';
import { clientAddress, TrustedProxies } from './client-address.js';
import type { Origin } from './forwarded-head.js';
import type { RequestHead } from './http1/request-head.js';
import type { WireUp } from './listener.js';
import { Listener } from './listener.js';
import type { GivenProxyOptions, LimitOptions, ProxyOptions, TimeoutOptions } from './options.js';
import { readProxyOptions } from './options.js';
import { Routes } from './route.js';
import type { ProxyStatus } from './status.js';
import { upstreamStatus } from './status.js';
import type { TunnelEnds } from './tunnel.js';
import { Tunnel } from './tunnel.js';
import { UpstreamGroup } from './upstream-group.js';

/** The address a listener is bound to. */
export interface BoundAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/**
 * A balancing proxy, not yet listening.
 *
 * @throws OptionError (code `bad_option`) with the path of the option that does not fit
 */
export function createProxy(options: GivenProxyOptions): Proxy {
  return new Proxy(readProxyOptions(options));
}

/** The proxy at work: listeners, clients, tunnels and upstreams. */
export class Proxy implements ClientHost {
  readonly options: ProxyOptions;
  readonly timeouts: TimeoutOptions;
  readonly limits: LimitOptions;
  closing = false;
  readonly #groups = new Map<string, UpstreamGroup>();
  readonly #routes: Routes<UpstreamGroup>;
  readonly #listeners: readonly Listener[];
  readonly #trusted = new Map<Client, TrustedProxies>();
  readonly #clients = new Set<Client>();
  readonly #tunnels = new Set<Tunnel>();
  readonly #startedAt = performance.now();
  #requests = 0;
  #onAllGone: (() => void) | undefined;

  /** @param options as `readProxyOptions` returns them */
  constructor(options: ProxyOptions) {
    this.options = options;
    this.timeouts = options.timeouts;
    this.limits = options.limits;
    for (const one of options.upstreams) this.#groups.set(one.name, new UpstreamGroup(one, options));
    this.#routes = new Routes(options, this.#groups);
    this.#listeners = options.listeners.map((one) => {
      const trusted = one.trustedProxies.length > 0 ? new TrustedProxies(one.trustedProxies) : undefined;
      return new Listener(
        one,
        (wireUp, address) => this.#onConnection(wireUp, address, one.tls !== undefined, trusted),
        (error) => options.log('crit', `listener ${one.host}:${one.port}: ${error.message}`),
      );
    });
  }

  /**
   * Binds every listener and asks the peers for their tags. When one cannot be bound none stays bound.
   *
   * @throws the system's error with `code`, `address` and `port`
   */
  async listen(): Promise<void> {
    try {
      for (const listener of this.#listeners) await listener.listen();
    } catch (error) {
      for (const listener of this.#listeners) listener.close();
      throw error;
    }
    for (const group of this.#groups.values()) {
      if (group.upstream.options.stickySid) void group.tags.ask();
    }
  }

  /** Where the listeners are bound, in the order of the options. */
  get addresses(): readonly BoundAddress[] {
    return this.#listeners.flatMap((listener) => listener.address ?? []);
  }

  /**
   * Accepts no more, closes idle connections, lets requests and tunnels end by themselves for `graceMs` milliseconds
   * (0: not at all) and then closes what is left. Resolves when nothing is.
   */
  async close(graceMs: number): Promise<void> {
    this.closing = true;
    for (const listener of this.#listeners) listener.close();
    for (const client of this.#clients) client.closeWhenIdle();
    if (graceMs > 0) await this.#allGone(graceMs);
    for (const client of this.#clients) client.wire.destroy();
    for (const tunnel of this.#tunnels) tunnel.destroy();
    for (const group of this.#groups.values()) group.close();
    await this.#allGone(1_000);
  }

  #allGone(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#clients.size === 0 && this.#tunnels.size === 0) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, withinMs);
      this.#onAllGone = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #checkGone(): void {
    if (this.closing && this.#clients.size === 0 && this.#tunnels.size === 0) this.#onAllGone?.();
  }

  /** What the proxy holds and has done, as plain data. */
  status(): ProxyStatus {
    return {
      uptime: (performance.now() - this.#startedAt) / 1_000,
      requests: this.#requests,
      clients: this.#clients.size,
      tunnels: this.#tunnels.size,
      upstreams: [...this.#groups.values()].map(upstreamStatus),
    };
  }

  #onConnection(wireUp: WireUp, address: string, tls: boolean, trusted: TrustedProxies | undefined): void {
    const client = new Client(this, tls, address, wireUp);
    this.#clients.add(client);
    if (trusted?.has(address) === true) this.#trusted.set(client, trusted);
  }

  route(head: RequestHead): UpstreamGroup | undefined {
    this.#requests++;
    return this.#routes.find(head.host, head.target);
  }

  originOf(head: RequestHead, client: Client): Origin {
    const trusted = this.#trusted.get(client);
    if (trusted === undefined) return client.origin;
    return {
      socketAddress: client.socketAddress,
      clientAddress: clientAddress(client.socketAddress, head.joined('x-forwarded-for'), trusted),
      tls: client.tls,
      trusted: true,
    };
  }

  onTunnel(client: Client, ends: TunnelEnds, early: string): void {
    this.#forget(client);
    ends.peer.tunnels++;
    const tunnel = new Tunnel(ends, early, (ended) => {
      ends.peer.tunnels--;
      this.#tunnels.delete(ended);
      this.#checkGone();
    });
    if (!tunnel.ended) this.#tunnels.add(tunnel);
  }

  onClientClosed(client: Client): void {
    this.#forget(client);
    this.#checkGone();
  }

  #forget(client: Client): void {
    this.#clients.delete(client);
    this.#trusted.delete(client);
  }
}
