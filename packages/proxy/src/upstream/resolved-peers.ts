import { isIP } from 'node:net';
import { NameServers } from './name-servers.js';
import type { ServiceTarget } from './name-servers.js';
import type { PeerOptions, ProxyOptions, ResolverOptions } from '../options/proxy.js';
import type { Peer } from './peer.js';
import type { PeerAddress, Upstream } from './upstream.js';

/** Milliseconds that an answer is kept which does not say how long; nginx's for names that are not there. */
const KEEP = 10_000;
/** Milliseconds between two questions for a name, as in nginx at least; a timer's longest delay at most. */
const SHORTEST = 1_000;
const LONGEST = 2_147_483_647;

interface Answer {
  readonly addresses: readonly PeerAddress[];
  readonly keep: number;
}

/**
 * Keeps the peers of servers with `resolve` at what the name servers say, again and again while serving (nginx: `resolve`,
 * `service`). When nobody answers they stay as they are; when there is no such name they are gone.
 */
export class ResolvedPeers {
  readonly #upstream: Upstream;
  readonly #options: ResolverOptions;
  readonly #log: ProxyOptions['log'];
  readonly #onGone: (peer: Peer) => void;
  readonly #servers: NameServers;
  readonly #timers = new Map<PeerOptions, NodeJS.Timeout>();
  #closed = false;

  /** @param onGone told of a peer that is none any more */
  constructor(upstream: Upstream, options: ResolverOptions, log: ProxyOptions['log'], onGone: (peer: Peer) => void) {
    this.#upstream = upstream;
    this.#options = options;
    this.#log = log;
    this.#onGone = onGone;
    this.#servers = new NameServers(options);
  }

  /** Begins to ask. */
  start(): void {
    for (const server of this.#upstream.options.peers) if (server.resolve) void this.#ask(server);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#servers.close();
  }

  /** Asks for one name, and again when the answer is too old. Never rejects. */
  async #ask(server: PeerOptions): Promise<void> {
    let wait: number;
    try {
      const { addresses, keep } = await (server.service === undefined ? this.#named(server) : this.#service(server));
      if (this.#isClosed()) return;
      if (addresses.length === 0) this.#tell(server, 'no such name');
      for (const peer of this.#upstream.setAddresses(server, addresses)) this.#onGone(peer);
      wait = Math.min(Math.max(keep, SHORTEST), LONGEST);
    } catch (error) {
      if (this.#isClosed()) return;
      this.#tell(server, error instanceof Error ? error.message : String(error));
      wait = Math.max(this.#options.timeout, SHORTEST);
    }
    this.#timers.set(server, setTimeout(() => void this.#ask(server), wait).unref());
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #tell(server: PeerOptions, why: string): void {
    this.#log('error', `${server.host} could not be resolved (${why}), upstream "${this.#upstream.name}"`);
  }

  async #named({ host, port }: PeerOptions): Promise<Answer> {
    const { found, keep = KEEP } = await this.#servers.addresses(host);
    return { addresses: found.map((address) => ({ host: address, port })), keep };
  }

  /**
   * The targets of highest priority are peers, the others backups; those of a server that is itself a backup are backups,
   * and the others none.
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
