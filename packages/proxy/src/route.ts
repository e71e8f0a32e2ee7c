import type { LocationOptions, ProxyOptions, ServerOptions } from './options.js';

interface Location<U> {
  readonly path: string;
  readonly upstream: U;
}

/** Longest path first, so that the first that fits is the one. */
type Server<U> = readonly Location<U>[];

/** Which upstream serves a host and a path: server by name, then the location with the longest fitting path. */
export class Routes<U> {
  readonly #default: Server<U>;
  readonly #byName = new Map<string, Server<U>>();

  constructor(options: ProxyOptions, upstreams: ReadonlyMap<string, U>) {
    const first = options.upstreams[0]?.name ?? '';
    const servers: readonly ServerOptions[] =
      options.servers.length > 0 ? options.servers : [{ names: [], locations: [{ path: '/', upstream: first }] }];
    const compiled = servers.map((server) => compile(server.locations, upstreams));
    this.#default = compiled[0] ?? [];
    servers.forEach((server, index) => {
      for (const name of server.names) {
        if (!this.#byName.has(name)) this.#byName.set(name, compiled[index] ?? this.#default);
      }
    });
  }

  /**
   * @param host value of `Host`, port included
   * @param target request target in origin form
   * @returns undefined when no location fits
   */
  find(host: string, target: string): U | undefined {
    const server = this.#byName.size === 0 ? this.#default : (this.#byName.get(hostName(host)) ?? this.#default);
    for (const location of server) {
      if (target.startsWith(location.path)) return location.upstream;
    }
    return undefined;
  }
}

function compile<U>(locations: readonly LocationOptions[], upstreams: ReadonlyMap<string, U>): Server<U> {
  const server: Location<U>[] = [];
  for (const { path, upstream } of locations) {
    const found = upstreams.get(upstream);
    if (found !== undefined) server.push({ path, upstream: found });
  }
  return server.toSorted((a, b) => b.path.length - a.path.length);
}

/** `Host` without port and without the dot of a fully qualified name, in lower case. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}
