import { Resolver } from 'node:dns/promises';
import type { ResolverOptions } from '../options/resolver.js';

/** What a name leads to. No `found` means that there is no such name, or nothing of that kind under it. */
export interface NameAnswer<T> {
  readonly found: readonly T[];
  /** Milliseconds the answer may be kept; undefined when the name servers do not say. */
  readonly keep: number | undefined;
}

/** A server that SRV records name. */
export interface ServiceTarget {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Milliseconds after which a question is asked again, as in nginx. */
const ASK_AGAIN = 5_000;
/** Names that are followed from one to the next, as in nginx. */
const ALIASES = 8;

/** The name servers of one upstream (nginx: `resolver`). Its questions reject with the resolver's error when nobody answers. */
export class NameServers {
  readonly #options: ResolverOptions;
  readonly #resolver: Resolver;

  constructor(options: ResolverOptions) {
    const { servers, timeout } = options;
    this.#options = options;
    this.#resolver = new Resolver({
      timeout: Math.min(timeout, ASK_AGAIN),
      tries: Math.max(1, Math.ceil(timeout / ASK_AGAIN)),
    });
    if (servers.length > 0) this.#resolver.setServers(servers);
  }

  /** The addresses of a name, IPv4 first, each kind in the order of their texts: name servers like to shuffle them. */
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

  /** Another name for one that has nothing itself: not every name server follows it on its own. */
  async #alias(name: string, aliases: number): Promise<string | undefined> {
    if (aliases === 0) return undefined;
    try {
      return (await this.#resolver.resolveCname(name))[0];
    } catch (error) {
      if (isNothing(error)) return undefined;
      throw error;
    }
  }

  /** Ends the questions under way: they reject. */
  close(): void {
    this.#resolver.cancel();
  }
}

/** The name servers have answered, and there is nothing. */
function isNothing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'ENODATA');
}
