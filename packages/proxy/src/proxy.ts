import { Frontend } from './client/frontend.js';
import type { GivenProxyOptions, ProxyOptions } from './options/proxy.js';
import { readProxyOptions } from './options/proxy.js';
import type { PeerNews } from './options/siblings.js';
import type { BoundAddress } from './listen/listeners.js';
import { Listeners } from './listen/listeners.js';
import { respond } from './respond.js';
import { Routes } from './route/routes.js';
import { Sampler } from './status/sampler.js';
import type { Totals } from './status/sampler.js';
import type { ProxyHistory, ProxyStatus } from './status/status.js';
import { upstreamStatus } from './status/status.js';
import { UpstreamGroup } from './upstream/upstream-group.js';

/** A balancing proxy. */
export interface Proxy {
  /**
   * Binds every listener and asks the peers for their tags. When one listener cannot be bound, none stays bound.
   *
   * @throws the system's error with `code`, `address` and `port`
   */
  listen(): Promise<void>;
  /**
   * Takes new options while serving: listeners on the same address stay open, new ones are bound first, and requests and
   * tunnels in flight end under the old options. When an option is invalid or a listener cannot be bound, nothing changes.
   *
   * @param limitMs milliseconds after which the requests and tunnels now in flight are closed. Default: no limit
   * @throws OptionError, or the system's error as `listen`
   */
  reload(given: GivenProxyOptions, limitMs?: number): Promise<void>;
  /**
   * Stops accepting, closes idle connections, waits up to `graceMs` milliseconds for requests and tunnels to end (0: not
   * at all), then closes the rest. Resolves when all connections are closed.
   */
  close(graceMs: number): Promise<void>;
  /** The bound addresses of the listeners, in the order of the options. */
  readonly addresses: readonly BoundAddress[];
  /** Counters, rates, upstreams and peers, as plain data. */
  status(): ProxyStatus;
  /** Counts of each of the last 300 seconds, as plain data. */
  history(): ProxyHistory;
  /**
   * Takes the report of another process, with the id `from`, on the peers of an upstream; see `Siblings.peersChanged`.
   *
   * @param report undefined when that process has ended
   */
  hearOfPeers(
    from: number,
    report: { readonly upstream: string; readonly news: readonly PeerNews[] } | undefined,
  ): void;
  /** Takes a tag or session that another process has learned; see `Siblings.learned`. */
  adoptTag(upstream: string, tag: string, peer: string): void;
}

/**
 * Makes a balancing proxy that does not listen yet.
 *
 * @example
 * const proxy = createProxy({
 *   listeners: [{ port: 8080 }],
 *   upstreams: [{ name: 'nodes', peers: [{ host: '127.0.0.1', port: 3100 }, { host: '127.0.0.1', port: 3101 }] }],
 * });
 * await proxy.listen();
 *
 * @throws OptionError (code `bad_option`) with the path of the invalid option
 */
export function createProxy(options: GivenProxyOptions): Proxy {
  return new RunningProxy(readProxyOptions(options));
}

class RunningProxy implements Proxy {
  #options: ProxyOptions;
  #groups: ReadonlyMap<string, UpstreamGroup>;
  readonly #frontend: Frontend;
  readonly #listeners: Listeners;
  readonly #startedAt = performance.now();
  readonly #sampler = new Sampler(
    () => this.#totals(),
    () => [...this.#groups.values()].flatMap(({ upstream }) => upstream.peers),
  );

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#groups = groupsOf(options);
    this.#frontend = new Frontend(options, new Routes(options, this.#groups), respond);
    this.#listeners = new Listeners(options.listeners, this.#frontend);
  }

  async listen(): Promise<void> {
    await this.#listeners.listen();
    this.#sampler.start();
    this.#startGroups();
  }

  #startGroups(): void {
    for (const group of this.#groups.values()) group.start();
    if (!this.#options.tagQueryAtStart) return;
    for (const group of this.#groups.values()) {
      if (group.upstream.options.stickySid) void group.tags.ask();
    }
  }

  async reload(given: GivenProxyOptions, limitMs?: number): Promise<void> {
    const options = readProxyOptions(given);
    const removed = await this.#listeners.update(options.listeners);
    const before = this.#groups;
    this.#options = options;
    this.#groups = groupsOf(options);
    this.#frontend.reconfigure(options, new Routes(options, this.#groups));
    this.#frontend.closeIdleOf(removed);
    for (const [name, group] of before) {
      this.#groups.get(name)?.inherit(group);
      group.close();
    }
    this.#startGroups();
    if (limitMs !== undefined) this.#frontend.closeInFlight(limitMs);
  }

  async close(graceMs: number): Promise<void> {
    this.#sampler.stop();
    this.#listeners.close();
    await this.#frontend.close(graceMs);
    for (const group of this.#groups.values()) group.close();
  }

  hearOfPeers(
    from: number,
    report: { readonly upstream: string; readonly news: readonly PeerNews[] } | undefined,
  ): void {
    if (report !== undefined) this.#groups.get(report.upstream)?.shared?.hear(from, report.news);
    else for (const group of this.#groups.values()) group.shared?.forget(from);
  }

  adoptTag(upstream: string, tag: string, peer: string): void {
    this.#groups.get(upstream)?.upstream.adopt(tag, peer);
  }

  get addresses(): readonly BoundAddress[] {
    return this.#listeners.addresses;
  }

  status(): ProxyStatus {
    const { clients, tunnels, handOffs, errors } = this.#frontend;
    const { sent, received, ...totals } = this.#totals();
    return {
      uptime: (performance.now() - this.#startedAt) / 1_000,
      ...totals,
      bytesSent: sent,
      bytesReceived: received,
      clients,
      tunnels: tunnels.size,
      handedOff: handOffs.size,
      errorsByCode: Object.fromEntries(errors),
      rates: this.#sampler.status(),
      listeners: this.#listeners.status,
      upstreams: [...this.#groups.values()].map((group) => upstreamStatus(group, this.#sampler)),
    };
  }

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
    const { accepted, requests, tunnels, handOffs, errors: errorsByCode } = this.#frontend;
    const bytes = { sent: 0, received: 0 };
    for (const { upstream } of this.#groups.values()) {
      for (const { counts } of upstream.peers) {
        const { sent, received } = counts.bytes;
        bytes.sent += sent;
        bytes.received += received;
      }
    }
    let errors = 0;
    for (const count of errorsByCode.values()) errors += count;
    return { accepted, requests, tunnelsOpened: tunnels.opened, handOffs: handOffs.opened, errors, ...bytes };
  }
}

function groupsOf(options: ProxyOptions): ReadonlyMap<string, UpstreamGroup> {
  return new Map(options.upstreams.map((one) => [one.name, new UpstreamGroup(one, options)]));
}
