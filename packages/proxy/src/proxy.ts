import { Roster } from '@pinwheel/roster';
import type { ClientHost } from './client/client-host.js';
import { Client } from './client/client.js';
import type { ConnectionOptions, HeadOptions } from './options/client.js';
import { connectionDefaults, headDefaults } from './options/client.js';
import type { ErrorCode } from './errors.js';
import type { ProxyProtocolFacts } from './facts.js';
import type { Origin } from './origin/origin.js';
import type { HandOff } from './tunnel/hand-off.js';
import type { RequestHead } from './http1/request-head.js';
import type { Listener, ListenerHost, WireUp } from './listen/listener.js';
import type { BoundAddress } from './listen/listeners.js';
import { Listeners } from './listen/listeners.js';
import type { Location } from './route/location.js';
import type { GivenProxyOptions, LogLevel, ProxyOptions } from './options/proxy.js';
import { readProxyOptions } from './options/proxy.js';
import { realOrigin } from './origin/real-ip.js';
import { Routes } from './route/routes.js';
import { Sampler } from './status/sampler.js';
import type { Totals } from './status/sampler.js';
import type { PeerNews } from './options/siblings.js';
import type { ProxyHistory, ProxyStatus } from './status/status.js';
import { upstreamStatus } from './status/status.js';
import type { ConnectionCounts } from './facts.js';
import type { TunnelEnds } from './tunnel/tunnel.js';
import { Tunnel } from './tunnel/tunnel.js';
import { UpstreamGroup } from './upstream/upstream-group.js';

/**
 * A balancing proxy, not yet listening.
 *
 * @throws OptionError (code `bad_option`) with the path of the option that does not fit
 */
export function createProxy(options: GivenProxyOptions): Proxy {
  return new Proxy(readProxyOptions(options));
}

/** The proxy at work: listeners, clients, tunnels and upstreams. */
export class Proxy implements ClientHost, ListenerHost {
  options: ProxyOptions;
  headDefaults: HeadOptions;
  connectionDefaults: ConnectionOptions;
  closing = false;
  #groups: ReadonlyMap<string, UpstreamGroup>;
  #routes: Routes;
  readonly #listeners: Listeners;
  readonly #clients = new Roster<Client>();
  readonly #tunnels = new Roster<Tunnel>();
  readonly #handOffs = new Roster<HandOff>();
  readonly #startedAt = performance.now();
  #requests = 0;
  #accepted = 0;
  #tunnelsOpened = 0;
  #handOffsTaken = 0;
  readonly #errors = new Map<ErrorCode, number>();
  readonly #sampler = new Sampler(
    () => this.#totals(),
    () => [...this.#groups.values()].flatMap(({ upstream }) => upstream.peers),
  );
  #onAllGone: (() => void) | undefined;

  /** @param options as `readProxyOptions` returns them */
  constructor(options: ProxyOptions) {
    this.options = options;
    this.headDefaults = headDefaults(options.timeouts, options.limits);
    this.connectionDefaults = connectionDefaults(options.timeouts, options.limits);
    this.#groups = groupsOf(options);
    this.#routes = new Routes(options, this.#groups);
    this.#listeners = new Listeners(options.listeners, this);
  }

  /**
   * Binds every listener and asks the peers for their tags. When one cannot be bound none stays bound.
   *
   * @throws the system's error with `code`, `address` and `port`
   */
  async listen(): Promise<void> {
    await this.#listeners.listen();
    this.#sampler.start();
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
    const gone = await this.#listeners.update(options.listeners);
    const before = this.#groups;
    this.#groups = groupsOf(options);
    this.#routes = new Routes(options, this.#groups);
    this.options = options;
    this.headDefaults = headDefaults(options.timeouts, options.limits);
    this.connectionDefaults = connectionDefaults(options.timeouts, options.limits);
    for (const client of this.#clients) if (gone.has(client.listener)) client.closeWhenIdle();
    for (const [name, group] of before) {
      this.#groups.get(name)?.inherit(group);
      group.close();
    }
    this.#startGroups();
    if (limitMs !== undefined) this.#limitWhatIsUnderWay(limitMs);
  }

  #limitWhatIsUnderWay(ms: number): void {
    const tunnels = [...this.#tunnels];
    const handOffs = [...this.#handOffs];
    const busy = [...this.#clients].flatMap((client) => {
      const { underWay } = client;
      return underWay === undefined ? [] : [{ client, underWay }];
    });
    if (tunnels.length + handOffs.length + busy.length === 0) return;
    setTimeout(() => {
      for (const { client, underWay } of busy) if (client.underWay === underWay) client.wire.reset();
      for (const tunnel of tunnels) if (!tunnel.ended) tunnel.destroy();
      for (const handOff of handOffs) if (!handOff.ended) handOff.destroy();
    }, ms).unref();
  }

  /** What another process, with this id, tells of the peers of an upstream; undefined when it has ended. */
  hearOfPeers(from: number, told: { readonly upstream: string; readonly news: readonly PeerNews[] } | undefined): void {
    if (told !== undefined) this.#groups.get(told.upstream)?.shared?.hear(from, told.news);
    else for (const group of this.#groups.values()) group.shared?.forget(from);
  }

  /** What another process was taught about the sessions of an upstream; see `Siblings`. */
  adoptTag(upstream: string, tag: string, peer: string): void {
    this.#groups.get(upstream)?.upstream.adopt(tag, peer);
  }

  /** Where the listeners are bound, in the order of the options. */
  get addresses(): readonly BoundAddress[] {
    return this.#listeners.addresses;
  }

  /**
   * Accepts no more, closes idle connections, lets requests and tunnels end by themselves for `graceMs` milliseconds
   * (0: not at all) and then closes what is left. Resolves when nothing is.
   */
  async close(graceMs: number): Promise<void> {
    this.closing = true;
    this.#sampler.stop();
    this.#listeners.close();
    for (const client of this.#clients) client.closeWhenIdle();
    if (graceMs > 0) await this.#allGone(graceMs);
    for (const client of this.#clients) client.wire.reset();
    for (const tunnel of this.#tunnels) tunnel.destroy();
    for (const handOff of this.#handOffs) handOff.destroy();
    for (const group of this.#groups.values()) group.close();
    await this.#allGone(1_000);
    for (const handOff of this.#handOffs) handOff.evict();
  }

  get #isIdle(): boolean {
    return this.#clients.size === 0 && this.#tunnels.size === 0 && this.#handOffs.size === 0;
  }

  #allGone(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isIdle) {
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
    if (this.closing && this.#isIdle) this.#onAllGone?.();
  }

  /** What the proxy holds and has done, as plain data. */
  status(): ProxyStatus {
    const { sent, received, ...totals } = this.#totals();
    return {
      uptime: (performance.now() - this.#startedAt) / 1_000,
      ...totals,
      bytesSent: sent,
      bytesReceived: received,
      clients: this.#clients.size,
      tunnels: this.#tunnels.size,
      handedOff: this.#handOffs.size,
      errorsByCode: Object.fromEntries(this.#errors),
      rates: this.#sampler.status(),
      listeners: this.#listeners.status,
      upstreams: [...this.#groups.values()].map((group) => upstreamStatus(group, this.#sampler)),
    };
  }

  /** What happened in each second of the last five minutes. */
  history(): ProxyHistory {
    return {
      total: this.#sampler.history(),
      peers: [...this.#groups.values()].flatMap(({ upstream }) =>
        upstream.peers.map(({ name, counts }) => ({
          upstream: upstream.name,
          name,
          ...this.#sampler.historyOf(counts),
        })),
      ),
    };
  }

  #totals(): Totals {
    const bytes = { sent: 0, received: 0 };
    for (const { upstream } of this.#groups.values()) {
      for (const { counts } of upstream.peers) {
        const { sent, received } = counts.bytes;
        bytes.sent += sent;
        bytes.received += received;
      }
    }
    let errors = 0;
    for (const count of this.#errors.values()) errors += count;
    return {
      accepted: this.#accepted,
      requests: this.#requests,
      tunnelsOpened: this.#tunnelsOpened,
      handOffs: this.#handOffsTaken,
      errors,
      ...bytes,
    };
  }

  countError(code: ErrorCode, { listener }: Client): void {
    listener.counts.errors++;
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  onConnection(wireUp: WireUp, address: string, listener: Listener, proxied: ProxyProtocolFacts | undefined): void {
    this.#accepted++;
    listener.counts.opened();
    const client = new Client(this, listener, address, wireUp, proxied);
    client.place = this.#clients.join(client);
  }

  onListenError(error: Error, { name }: Listener): void {
    this.options.log('crit', `listener ${name}: ${error.message}`);
  }

  onHandshakeFailed(why: string, address: string, { name }: Listener): void {
    this.options.log('info', `${why}, client: ${address}, server: ${name}`);
  }

  onHeaderBroken(why: string | undefined, address: string, { name }: Listener): void {
    if (why === undefined) return;
    this.options.log('error', `${why} while reading PROXY protocol, client: ${address}, server: ${name}`);
  }

  route(head: RequestHead, client: Client): Location | undefined {
    this.#requests++;
    client.listener.counts.requests++;
    return this.#routes.find(client.listener.index, head.host, head.target, client.getFacts);
  }

  routeUnreadable(head: RequestHead, client: Client): Location | undefined {
    return this.#routes.unreadable(client.listener.index, head.host, client.getFacts);
  }

  originOf(head: RequestHead, client: Client): Origin {
    const { realIp } = client.listener;
    if (realIp === undefined || !realIp.trusts(client.socketAddress)) return client.directOrigin;
    return { ...realOrigin(client.directOrigin, head, client.proxied, [realIp]), trusted: true };
  }

  connectionCounts(): ConnectionCounts {
    const counts = { reading: 0, writing: this.#tunnels.size + this.#handOffs.size, waiting: 0 };
    for (const { phase } of this.#clients) if (phase !== undefined) counts[phase]++;
    const active = counts.reading + counts.writing + counts.waiting;
    return { ...counts, active, accepted: this.#accepted, handled: this.#accepted, requests: this.#requests };
  }

  log(level: LogLevel, message: string): void {
    this.options.log(level, message);
  }

  onTunnel(client: Client, ends: TunnelEnds, early: string): void {
    const { counts } = client.listener;
    this.#clients.leave(client.place);
    this.#tunnelsOpened++;
    ends.peer.counts.tunnelOpened();
    const tunnel = new Tunnel(ends, early, (ended) => {
      ends.peer.counts.tunnels--;
      counts.connections--;
      this.#tunnels.leave(ended.place);
      this.#checkGone();
    });
    if (!tunnel.ended) tunnel.place = this.#tunnels.join(tunnel);
  }

  onHandedOff(client: Client, handOff: HandOff): void {
    this.#clients.leave(client.place);
    this.#handOffsTaken++;
    handOff.place = this.#handOffs.join(handOff);
  }

  onHandOffEnded(handOff: HandOff): void {
    if (this.#handOffs.leave(handOff.place)) handOff.listenerCounts.connections--;
    this.#checkGone();
  }

  onClientClosed(client: Client): void {
    if (this.#clients.leave(client.place)) client.listener.counts.connections--;
    this.#checkGone();
  }
}

function groupsOf(options: ProxyOptions): ReadonlyMap<string, UpstreamGroup> {
  return new Map(options.upstreams.map((one) => [one.name, new UpstreamGroup(one, options)]));
}
