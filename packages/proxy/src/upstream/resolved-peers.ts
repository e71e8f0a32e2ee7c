import { isIP } from 'node:net';
import { NameServers } from './name-servers.js';
import type { ServiceTarget } from './name-servers.js';
import type { PeerOptions, ProxyOptions, ResolverOptions } from '../options/proxy.js';
import type { Peer } from './peer.js';
import type { PeerAddress, Upstream } from './upstream.js';

/** Milliseconds that an answer without a TTL is kept; nginx keeps "no such name" that long. */
const KEEP = 10_000;
/** Bounds of the milliseconds between two queries for a name: nginx's least, and the longest delay of a timer. */
const SHORTEST = 1_000;
const LONGEST = 2_147_483_647;

interface Answer {
  readonly addresses: readonly PeerAddress[];
  readonly keep: number;
}

/**
 * Looks up the servers with `resolve` while serving, and replaces their peers when the addresses change (nginx: `resolve`,
 * `service`). The peers stay when no name server answers, and are removed when the name does not exist.
 */
export class ResolvedPeers {
  readonly #upstream: Upstream;
  readonly #options: ResolverOptions;
  readonly #log: ProxyOptions['log'];
  readonly #onRemoved: (peer: Peer) => void;
  readonly #servers: NameServers;
  readonly #timers = new Map<PeerOptions, NodeJS.Timeout>();
  #closed = false;

  /** @param onRemoved called with every peer whose address has disappeared */
  constructor(upstream: Upstream, options: ResolverOptions, log: ProxyOptions['log'], onRemoved: (peer: Peer) => void) {
    this.#upstream = upstream;
    this.#options = options;
    this.#log = log;
    this.#onRemoved = onRemoved;
    this.#servers = new NameServers(options);
  }

  /** Starts the first lookups. */
  start(): void {
    for (const server of this.#upstream.options.peers) if (server.resolve) void this.#ask(server);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#servers.close();
  }

  /** Looks up one name, and schedules the next lookup for when the answer has expired. Never rejects. */
  async #ask(server: PeerOptions): Promise<void> {
    let wait: number;
    try {
      const { addresses, keep } = await (server.service === undefined ? this.#named(server) : this.#service(server));
      if (this.#isClosed()) return;
      if (addresses.length === 0) this.#logFailure(server, 'no such name');
      for (const peer of this.#upstream.setAddresses(server, addresses)) this.#onRemoved(peer);
      wait = Math.min(Math.max(keep, SHORTEST), LONGEST);
    } catch (error) {
      if (this.#isClosed()) return;
      this.#logFailure(server, error instanceof Error ? error.message : String(error));
      wait = Math.max(this.#options.timeout, SHORTEST);
    }
    this.#timers.set(server, setTimeout(() => void this.#ask(server), wait).unref());
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #logFailure(server: PeerOptions, why: string): void {
    this.#log('error', `${server.host} could not be resolved (${why}), upstream "${this.#upstream.name}"`);
  }

  async #named({ host, port }: PeerOptions): Promise<Answer> {
    const { found, keep = KEEP } = await this.#servers.addresses(host);
    return { addresses: found.map((address) => ({ host: address, port })), keep };
  }

  /**
   * The targets of highest priority become peers and the others backups. For a server that is itself a backup, those of
   * highest priority become backups and the others are left out.
   */
  async #service(server: PeerOptions): Promise<Answer> {
    const { host, service = '', backup } = server;
    const { found, keep } = await this.#servers.services(
      service.includes('.') ? `${service}.${host}` : `_${service}._tcp.${host}`,
    );
    const [first] = found;
    const isFirst = (target: ServiceTarget): boolean => target.priority === first?.priority;
    const used = found.filter((target) => !backup || isFirst(target));
    const looked = await Promise.all(used.map((target) => this.#targetAddresses(target)));
    const addresses = used.flatMap((target, i) =>
      (looked[i]?.addresses ?? []).map((address) => ({
        host: address,
        port: target.port,
        weight: Math.max(1, target.weight),
        backup: backup || !isFirst(target),
      })),
    );
    return { addresses, keep: Math.min(keep ?? KEEP, ...looked.map((one) => one.keep)) };
  }

  async #targetAddresses({ name }: ServiceTarget): Promise<{ addresses: readonly string[]; keep: number }> {
    if (isIP(name) !== 0) return { addresses: [name], keep: KEEP };
    const { found, keep = KEEP } = await this.#servers.addresses(name);
    return { addresses: found, keep };
  }
}
