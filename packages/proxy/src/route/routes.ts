import { USUAL_REDIRECTS } from '../options/location.js';
import type { Facts } from '../facts.js';
import { hostName } from '../http1/target.js';
import type { Location } from './location.js';
import { normalPath } from '../http1/target.js';
import type { ProxyOptions, ServerOptions } from '../options/proxy.js';
import { Server } from './server.js';
import type { UpstreamGroup } from '../upstream/upstream-group.js';

/** The servers of one listener. */
interface Host {
  readonly fallback: Server | undefined;
  readonly names: ReadonlyMap<string, Server>;
  /** `*.example.com`: by what follows the star; the longest first. */
  readonly suffixes: readonly { readonly text: string; readonly server: Server }[];
  /** `www.example.*`: by what stands before it; the longest first. */
  readonly prefixes: readonly { readonly text: string; readonly server: Server }[];
  readonly expressions: readonly { readonly matches: Matcher; readonly server: Server }[];
  /** One server, and one location that takes everything. */
  readonly only: Location | undefined;
}

type Matcher = (text: string, facts: Facts) => boolean;

/** Which location serves a request: listener, then server name, then path, all chosen as nginx chooses. */
export class Routes {
  readonly #hosts: readonly Host[];

  constructor(options: ProxyOptions, groups: ReadonlyMap<string, UpstreamGroup>) {
    const first = options.upstreams[0]?.name;
    const servers: readonly ServerOptions[] =
      options.servers.length > 0
        ? options.servers
        : [
            {
              names: [],
              expressions: [],
              defaultFor: [],
              verifyClient: 'off',
              locations: [
                { path: '/', match: 'prefix', upstream: first, locations: [], aliased: 0, redirects: USUAL_REDIRECTS },
              ],
            },
          ];
    const compiled = new Map(servers.map((server) => [server, new Server(server, options, groups)]));
    this.#hosts = options.listeners.map((_, listener) => {
      const here = servers.filter((server) => server.listeners?.includes(listener) ?? true);
      return compileHost(here, listener, (server) => compiled.get(server));
    });
  }

  /**
   * @param listener index of the listener the request came to
   * @param host value of `Host`, port included
   * @param target request target in origin form
   * @param facts for expressions with captures
   * @returns undefined when no location fits
   * @throws ProxyError `bad_target`
   */
  find(listener: number, host: string, target: string, facts: () => Facts): Location | undefined {
    const known = this.#hosts[listener];
    if (known === undefined || known.only !== undefined) return known?.only;
    const server = findServer(known, hostName(host), facts);
    if (server === undefined) return undefined;
    const path = normalPath(target);
    server.prepare?.(facts());
    return server.locate(path, facts);
  }

  /** For what came to a listener and is no request. @param host as far as it is known; '' when it is not */
  unreadable(listener: number, host: string, facts: () => Facts): Location | undefined {
    const known = this.#hosts[listener];
    const server = known === undefined || host === '' ? known?.fallback : findServer(known, hostName(host), facts);
    return server?.otherwise ?? server?.only;
  }
}

/** nginx: exact names, then wildcards before, then wildcards behind, then expressions in order, then the default. */
function findServer(host: Host, name: string, facts: () => Facts): Server | undefined {
  const exact = host.names.get(name);
  if (exact !== undefined) return exact;
  for (const { text, server } of host.suffixes) if (name.endsWith(text)) return server;
  for (const { text, server } of host.prefixes) if (name.startsWith(text)) return server;
  // A request that names no host is for the server of the name '', or the default.
  if (name === '') return host.fallback;
  for (const { matches, server } of host.expressions) if (matches(name, facts())) return server;
  return host.fallback;
}

function compileHost(
  servers: readonly ServerOptions[],
  listener: number,
  compiled: (one: ServerOptions) => Server | undefined,
): Host {
  const fallback = servers.find((one) => one.defaultFor.includes(listener)) ?? servers[0];
  const names = new Map<string, Server>();
  const suffixes: { text: string; server: Server }[] = [];
  const prefixes: { text: string; server: Server }[] = [];
  for (const one of servers) {
    const server = compiled(one);
    if (server === undefined) continue;
    for (const name of one.names) {
      if (name.startsWith('*.')) suffixes.push({ text: name.slice(1), server });
      else if (name.endsWith('.*')) prefixes.push({ text: name.slice(0, -1), server });
      else if (name.startsWith('.')) {
        suffixes.push({ text: name, server });
        if (!names.has(name.slice(1))) names.set(name.slice(1), server);
      } else if (!names.has(name)) names.set(name, server);
    }
  }
  const longestFirst = (a: { text: string }, b: { text: string }): number => b.text.length - a.text.length;
  const fallbackServer = fallback === undefined ? undefined : compiled(fallback);
  return {
    fallback: fallbackServer,
    names,
    suffixes: suffixes.toSorted(longestFirst),
    prefixes: prefixes.toSorted(longestFirst),
    expressions: servers.flatMap((one) => {
      const server = compiled(one);
      return server === undefined ? [] : one.expressions.map((matches) => ({ matches, server }));
    }),
    only: servers.length === 1 ? fallbackServer?.only : undefined,
  };
}
