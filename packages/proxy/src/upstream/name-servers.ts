import { Resolver } from 'node:dns/promises';
import type { ResolverOptions } from '../options/resolver.js';

/** The records of a name. `found` is empty when the name does not exist or has no record of that kind. */
export interface NameAnswer<T> {
  readonly found: readonly T[];
  /** Milliseconds the answer may be kept; undefined when the name servers do not say. */
  readonly keep: number | undefined;
}

/** The target of an SRV record (RFC 2782). */
export interface ServiceTarget {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Milliseconds after which an unanswered query is sent again, as in nginx. */
const QUERY_TIMEOUT = 5_000;
/** Aliases (CNAME) followed for one name, as in nginx. */
const ALIASES = 8;

/** The name servers of one upstream (nginx: `resolver`). Queries reject with the resolver's error when no server answers. */
export class NameServers {
  readonly #options: ResolverOptions;
  readonly #resolver: Resolver;

  constructor(options: ResolverOptions) {
    const { servers, timeout } = options;
    this.#options = options;
    this.#resolver = new Resolver({
      timeout: Math.min(timeout, QUERY_TIMEOUT),
      tries: Math.max(1, Math.ceil(timeout / QUERY_TIMEOUT)),
    });
    if (servers.length > 0) this.#resolver.setServers(servers);
  }

  /** The addresses of a name, IPv4 first, each family sorted as text, because name servers rotate their answers. */
  async addresses(name: string, aliases = ALIASES): Promise<NameAnswer<string>> {
    const { ipv4, ipv6 } = this.#options;
    const asked = await Promise.allSettled([
      ...(ipv4 ? [this.#resolver.resolve4(name, { ttl: true })] : []),
      ...(ipv6 ? [this.#resolver.resolve6(name, { ttl: true })] : []),
    ]);
    const found = asked.flatMap((one) =>
      one.status === 'fulfilled' ? one.value.toSorted((a, b) => (a.address < b.address ? -1 : 1)) : [],
    );
    if (found.length > 0) {
      const ttl = Math.min(...found.map((one) => one.ttl)) * 1_000;
      return { found: found.map(({ address }) => address), keep: this.#options.valid ?? ttl };
    }
    for (const one of asked) if (one.status === 'rejected' && !isNothing(one.reason)) throw one.reason;
    const alias = await this.#alias(name, aliases);
    if (alias !== undefined) return this.addresses(alias, aliases - 1);
    return { found: [], keep: this.#options.valid };
  }

  /** The SRV records of a name, the most important first. */
  async services(name: string, aliases = ALIASES): Promise<NameAnswer<ServiceTarget>> {
    const keep = this.#options.valid;
    try {
      const found = await this.#resolver.resolveSrv(name);
      const targets = found.map(({ name: target, port, priority, weight }) => ({
        name: target,
        port,
        priority,
        weight,
      }));
      return { found: targets.toSorted((a, b) => a.priority - b.priority), keep };
    } catch (error) {
      if (!isNothing(error)) throw error;
    }
    const alias = await this.#alias(name, aliases);
    return alias === undefined ? { found: [], keep } : this.services(alias, aliases - 1);
  }

  /** The canonical name of an alias: not every name server follows aliases for the client. */
  async #alias(name: string, aliases: number): Promise<string | undefined> {
    if (aliases === 0) return undefined;
    try {
      return (await this.#resolver.resolveCname(name))[0];
    } catch (error) {
      if (isNothing(error)) return undefined;
      throw error;
    }
  }

  /** Cancels the queries in flight: they reject. */
  close(): void {
    this.#resolver.cancel();
  }
}

/** The name servers have answered that there is no such name or record. */
function isNothing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'ENODATA');
}
