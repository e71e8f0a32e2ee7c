import type { ClientHost } from './client.js';
import { Client } from './client.js';
import { clientAddress } from './client-address.js';
import type { Origin } from './forwarded-head.js';
import type { RequestHead } from './http1/request-head.js';
import type { OnConnection } from './listener.js';
import { Listener } from './listener.js';
import type { Location } from './location.js';
import type { GivenProxyOptions, LimitOptions, ListenOptions, ProxyOptions, TimeoutOptions } from './options.js';
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
  options: ProxyOptions;
  closing = false;
  #groups: ReadonlyMap<string, UpstreamGroup>;
  #routes: Routes;
  #listeners: readonly Listener[];
  readonly #clients = new Set<Client>();
  readonly #tunnels = new Set<Tunnel>();
  readonly #startedAt = performance.now();
  #requests = 0;
  #onAllGone: (() => void) | undefined;

  /** @param options as `readProxyOptions` returns them */
  constructor(options: ProxyOptions) {
    this.options = options;
    this.#groups = groupsOf(options);
    this.#routes = new Routes(options, this.#groups);
    this.#listeners = options.listeners.map((one, index) => this.#newListener(one, index));
  }

  #newListener(options: ListenOptions, index: number): Listener {
    const where = `${options.host}:${options.port}`;
    return new Listener(
      options,
      index,
      this.#onConnection,
      (error) => this.options.log('crit', `listener ${where}: ${error.message}`),
      (error, address) =>
        this.options.log('info', `TLS handshake failed: ${error.message.trim()}, client: ${address}, server: ${where}`),
    );
  }

  get timeouts(): TimeoutOptions {
    return this.options.timeouts;
  }

  get limits(): LimitOptions {
    return this.options.limits;
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
    this.#startGroups();
  }

  #startGroups(): void {
    for (const group of this.#groups.values()) group.start();
    if (!this.options.tagQueryAtStart) return;
    for (const group of this.#groups.values()) {
      if (group.upstream.options.stickySid) void group.tags.ask();
    }
  }

  /**
   * Takes new options while serving: listeners on the same address stay open, new ones are bound first, and what is under
   * way ends as it began. When an option does not fit or a listener cannot be bound, nothing changes.
   *
   * @param limitMs milliseconds after which requests and tunnels that are under way now are closed; no limit when absent
   * @throws OptionError, or the system's error as `listen`
   */
  async reload(given: GivenProxyOptions, limitMs?: number): Promise<void> {
    const options = readProxyOptions(given);
    const kept = new Map<ListenOptions, Listener>();
    for (const one of options.listeners) {
      const same = this.#listeners.find((listener) => listener.serves(one));
      if (same !== undefined) kept.set(one, same);
    }
    const fresh: Listener[] = [];
    const listeners = options.listeners.map((one, index) => {
      const listener = kept.get(one) ?? this.#newListener(one, index);
      if (!kept.has(one)) fresh.push(listener);
      return listener;
    });
    try {
      for (const listener of fresh) await listener.listen();
    } catch (error) {
      for (const listener of fresh) listener.close();
      throw error;
    }
    const gone = this.#listeners.filter((listener) => !listeners.includes(listener));
    const before = this.#groups;
    listeners.forEach((listener, index) => {
      const one = options.listeners[index];
      if (one !== undefined) listener.update(one, index);
    });
    this.#listeners = listeners;
    this.#groups = groupsOf(options);
    this.#routes = new Routes(options, this.#groups);
    this.options = options;
    for (const listener of gone) listener.close();
    for (const client of this.#clients) if (gone.includes(client.listener)) client.closeWhenIdle();
    for (const [name, group] of before) {
      this.#groups.get(name)?.inherit(group);
      group.close();
    }
    this.#startGroups();
    if (limitMs !== undefined) this.#limitWhatIsUnderWay(limitMs);
  }

  #limitWhatIsUnderWay(ms: number): void {
    const tunnels = [...this.#tunnels];
    const busy = [...this.#clients].flatMap((client) => {
      const { underWay } = client;
      return underWay === undefined ? [] : [{ client, underWay }];
    });
    if (tunnels.length === 0 && busy.length === 0) return;
    setTimeout(() => {
      for (const { client, underWay } of busy) if (client.underWay === underWay) client.wire.reset();
      for (const tunnel of tunnels) if (this.#tunnels.has(tunnel)) tunnel.destroy();
    }, ms).unref();
  }

  /** What another process was taught about the sessions of an upstream; see `Siblings`. */
  adoptTag(upstream: string, tag: string, peer: string): void {
    this.#groups.get(upstream)?.upstream.affinity.adoptTag(tag, peer);
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
    for (const client of this.#clients) client.wire.reset();
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

  readonly #onConnection: OnConnection = (wireUp, address, listener) => {
    this.#clients.add(new Client(this, listener, address, wireUp));
  };

  route(head: RequestHead, client: Client): Location | undefined {
    this.#requests++;
    return this.#routes.find(client.listener.index, head.host, head.target, client.getFacts);
  }

  routeUnreadable(client: Client): Location | undefined {
    return this.#routes.unreadable(client.listener.index);
  }

  originOf(head: RequestHead, client: Client): Origin {
    const { trusted } = client.listener;
    if (trusted === undefined || !trusted.has(client.socketAddress)) return client.directOrigin;
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
  }
}

function groupsOf(options: ProxyOptions): ReadonlyMap<string, UpstreamGroup> {
  return new Map(options.upstreams.map((one) => [one.name, new UpstreamGroup(one, options)]));
}
