import { Roster } from '@pinwheel/roster';
import { Client } from './client.js';
import type { Respond } from './turn.js';
import type { ErrorCode } from '../errors.js';
import type { ConnectionCounts, ProxyProtocolFacts } from '../facts.js';
import type { RequestHead } from '../http1/request-head.js';
import type { Listener, ListenerHost } from '../listen/listener.js';
import { aboutConnection } from '../log/about-request.js';
import type { Wire } from '../net/wire.js';
import type { ConnectionOptions, HeadOptions } from '../options/client.js';
import { connectionDefaults, headDefaults } from '../options/client.js';
import type { LogLevel, ProxyOptions } from '../options/proxy.js';
import type { Origin } from '../origin/origin.js';
import { realOrigin } from '../origin/real-ip.js';
import type { Location } from '../route/location.js';
import type { Routes } from '../route/routes.js';
import { HandOffs } from '../tunnel/hand-offs.js';
import { Tunnels } from '../tunnel/tunnels.js';

/** All client connections of one proxy, in any protocol, and what they share. */
export class Frontend implements ListenerHost {
  readonly respond: Respond;
  readonly tunnels = new Tunnels(() => this.#checkIdle());
  readonly handOffs = new HandOffs(() => this.#checkIdle());
  /** The proxy is closing: connections end after their request in flight. */
  closing = false;
  headDefaults: HeadOptions;
  connectionDefaults: ConnectionOptions;
  #log: ProxyOptions['log'];
  #routes: Routes;
  readonly #clients = new Roster<Client>();
  /** Connections and requests since the start. */
  accepted = 0;
  requests = 0;
  /** Failed requests, by error code. */
  readonly errors = new Map<ErrorCode, number>();
  #onIdle: (() => void) | undefined;

  constructor(options: ProxyOptions, routes: Routes, respond: Respond) {
    this.respond = respond;
    this.#routes = routes;
    this.#log = options.log;
    this.headDefaults = headDefaults(options.timeouts, options.limits);
    this.connectionDefaults = connectionDefaults(options.timeouts, options.limits);
  }

  /** Serves requests from now on under these options; requests in flight end under the old ones. */
  reconfigure(options: ProxyOptions, routes: Routes): void {
    this.#routes = routes;
    this.#log = options.log;
    this.headDefaults = headDefaults(options.timeouts, options.limits);
    this.connectionDefaults = connectionDefaults(options.timeouts, options.limits);
  }

  /** Connections that speak HTTP now. */
  get clients(): number {
    return this.#clients.size;
  }

  log(level: LogLevel, message: string): void {
    this.#log(level, message);
  }

  onConnection(wire: Wire, address: string, listener: Listener, proxied: ProxyProtocolFacts | undefined): void {
    this.accepted++;
    listener.counts.opened();
    const client = new Client(this, listener, address, wire, proxied);
    client.place = this.#clients.join(client);
    client.start();
  }

  onListenError(error: Error, { name }: Listener): void {
    this.#log('crit', `listener ${name}: ${error.message}`);
  }

  onHandshakeFailed(why: string, address: string, { name }: Listener): void {
    this.#log('info', why + aboutConnection(address, name));
  }

  onHeaderBroken(why: string | undefined, address: string, { name }: Listener): void {
    if (why === undefined) return;
    this.#log('error', `${why} while reading PROXY protocol${aboutConnection(address, name)}`);
  }

  /** The location for a request; undefined when none matches. @throws ProxyError `bad_target` */
  route(head: RequestHead, client: Client): Location | undefined {
    this.requests++;
    client.listener.counts.requests++;
    return this.#routes.find(client.listener.index, head.host, head.target, client.getFacts);
  }

  /** The location that answers an unreadable request. */
  routeUnreadable(head: RequestHead, client: Client): Location | undefined {
    return this.#routes.unreadable(client.listener.index, head.host, client.getFacts);
  }

  originOf(head: RequestHead, client: Client): Origin {
    const { realIp } = client.listener;
    if (realIp === undefined || !realIp.trusts(client.socketAddress)) return client.directOrigin;
    return { ...realOrigin(client.directOrigin, head, client.proxied, [realIp]), trusted: true };
  }

  countError(code: ErrorCode, { listener }: Client): void {
    listener.counts.errors++;
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  /** The counts of all connections (nginx: `stub_status`). */
  connectionCounts(): ConnectionCounts {
    const { accepted, requests } = this;
    const counts = { reading: 0, writing: this.tunnels.size + this.handOffs.size, waiting: 0 };
    for (const { phase } of this.#clients) if (phase !== undefined) counts[phase]++;
    const active = counts.reading + counts.writing + counts.waiting;
    return { ...counts, active, accepted, handled: accepted, requests };
  }

  /** The connection is a tunnel or was handed off. It still counts at its listener. */
  onClientSwitched(client: Client): void {
    this.#clients.leave(client.place);
  }

  onClientClosed(client: Client): void {
    if (this.#clients.leave(client.place)) client.listener.counts.connections--;
    this.#checkIdle();
  }

  /** Closes connections to these listeners as they become idle. */
  closeIdleOf(listeners: ReadonlySet<Listener>): void {
    for (const client of this.#clients) if (listeners.has(client.listener)) client.closeWhenIdle();
  }

  /** In `ms` milliseconds, closes the requests, tunnels and hand-offs that are in flight now and have not ended by then. */
  closeInFlight(ms: number): void {
    const tunnels = this.tunnels.list();
    const handOffs = this.handOffs.list();
    const busy = [...this.#clients].flatMap((client) => {
      const { inFlight } = client;
      return inFlight === undefined ? [] : [{ client, inFlight }];
    });
    if (tunnels.length + handOffs.length + busy.length === 0) return;
    setTimeout(() => {
      for (const { client, inFlight } of busy) if (client.inFlight === inFlight) client.wire.reset();
      for (const tunnel of tunnels) if (!tunnel.ended) tunnel.destroy();
      for (const handOff of handOffs) if (!handOff.ended) handOff.destroy();
    }, ms).unref();
  }

  /**
   * Closes idle connections, waits up to `graceMs` milliseconds for requests and tunnels to end (0: not at all), then closes
   * the rest. Resolves when all connections are closed.
   */
  async close(graceMs: number): Promise<void> {
    this.closing = true;
    for (const client of this.#clients) client.closeWhenIdle();
    if (graceMs > 0) await this.#untilIdle(graceMs);
    for (const client of this.#clients) client.wire.reset();
    this.tunnels.closeAll();
    this.handOffs.closeAll();
    await this.#untilIdle(1_000);
    this.handOffs.evictAll();
  }

  get #isIdle(): boolean {
    return this.#clients.size === 0 && this.tunnels.size === 0 && this.handOffs.size === 0;
  }

  #untilIdle(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isIdle) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, withinMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #checkIdle(): void {
    if (this.closing && this.#isIdle) this.#onIdle?.();
  }
}
