import { Resolver } from 'node:dns/promises';
import type { ResolverOptions } from './upstream-options.js';

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
    this.#resolver.setServers(servers);
  }

  /** The addresses of a name, IPv4 first. */
  async addresses(name: string): Promise<NameAnswer<string>> {
    const { ipv4, ipv6 } = this.#options;
    const asked = await Promise.allSettled([
      ...(ipv4 ? [this.#resolver.resolve4(name, { ttl: true })] : []),
      ...(ipv6 ? [this.#resolver.resolve6(name, { ttl: true })] : []),
    ]);
    const found = asked.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    const failure = asked.find((one) => one.status === 'rejected' && !isNothing(one.reason));
    if (found.length === 0 && failure?.status === 'rejected') throw failure.reason;
    const ttl = Math.min(...found.map((one) => one.ttl)) * 1_000;
    return {
      found: [...new Set(found.map(({ address }) => address))],
      keep: this.#options.valid ?? (found.length === 0 ? undefined : ttl),
    };
  }

  /** The SRV records of a name, the most important first. */
  async services(name: string): Promise<NameAnswer<ServiceTarget>> {
    try {
      const found = await this.#resolver.resolveSrv(name);
      const targets = found.map(({ name: target, port, priority, weight }) => ({
        name: target,
        port,
        priority,
        weight,
      }));
      return { found: targets.toSorted((a, b) => a.priority - b.priority), keep: this.#options.valid };
    } catch (error) {
      if (isNothing(error)) return { found: [], keep: this.#options.valid };
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
