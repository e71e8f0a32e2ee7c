import type { Facts } from './facts.js';
import { hostName } from './host-name.js';
import { Location } from './location.js';
import { normalPath } from './normal-path.js';
import type { ProxyOptions, ServerOptions } from './options.js';
import type { UpstreamGroup } from './upstream-group.js';

/** A virtual server's locations in the order they are looked at. */
interface Server {
  readonly exact: ReadonlyMap<string, Location>;
  /** Longest path first: the first that fits is the one. */
  readonly prefixes: readonly Location[];
  readonly expressions: readonly Location[];
}

/** The servers of one listener. */
interface Host {
  readonly fallback: Server;
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
              verifyDepth: 1,
              locations: [{ path: '/', match: 'prefix', upstream: first }],
            },
          ];
    const compiled = new Map(servers.map((server) => [server, compileServer(server, options, groups)]));
    this.#hosts = options.listeners.map((_, listener) => {
      const here = servers.filter((server) => server.listeners?.includes(listener) ?? true);
      return compileHost(here, listener, (server) => compiled.get(server) ?? EMPTY);
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
    return findLocation(server, normalPath(target), facts);
  }
}

const EMPTY: Server = { exact: new Map(), prefixes: [], expressions: [] };

/** nginx: exact names, then wildcards before, then wildcards behind, then expressions in order, then the default. */
function findServer(host: Host, name: string, facts: () => Facts): Server {
  const exact = host.names.get(name);
  if (exact !== undefined) return exact;
  for (const { text, server } of host.suffixes) if (name.endsWith(text)) return server;
  for (const { text, server } of host.prefixes) if (name.startsWith(text)) return server;
  for (const { matches, server } of host.expressions) if (matches(name, facts())) return server;
  return host.fallback;
}

/** nginx: `=`, else the longest prefix; unless that is `^~`, the first expression that fits goes before it. */
function findLocation(server: Server, path: string, facts: () => Facts): Location | undefined {
  const exact = server.exact.get(path);
  if (exact !== undefined) return exact;
  const prefix = server.prefixes.find((location) => path.startsWith(location.options.path));
  if (prefix?.options.match === 'final_prefix') return prefix;
  return server.expressions.find((location) => location.options.matches?.(path, facts()) === true) ?? prefix;
}

function compileServer(
  server: ServerOptions,
  options: ProxyOptions,
  groups: ReadonlyMap<string, UpstreamGroup>,
): Server {
  const locations = server.locations.map((one) => {
    const group = one.upstream === undefined ? undefined : groups.get(one.upstream);
    return new Location(one, group, options.timeouts, options.limits, server.names[0] ?? '', server);
  });
  const of = (...kinds: readonly string[]): Location[] => locations.filter((one) => kinds.includes(one.options.match));
  return {
    exact: new Map(of('exact').map((location) => [location.options.path, location])),
    prefixes: of('prefix', 'final_prefix').toSorted((a, b) => b.options.path.length - a.options.path.length),
    expressions: of('expression'),
  };
}

function compileHost(
  servers: readonly ServerOptions[],
  listener: number,
  compiled: (one: ServerOptions) => Server,
): Host {
  const fallback = servers.find((one) => one.defaultFor.includes(listener)) ?? servers[0];
  const names = new Map<string, Server>();
  const suffixes: { text: string; server: Server }[] = [];
  const prefixes: { text: string; server: Server }[] = [];
  for (const one of servers) {
    const server = compiled(one);
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
  const fallbackServer = fallback === undefined ? EMPTY : compiled(fallback);
  return {
    fallback: fallbackServer,
    names,
    suffixes: suffixes.toSorted(longestFirst),
    prefixes: prefixes.toSorted(longestFirst),
    expressions: servers.flatMap((one) => one.expressions.map((matches) => ({ matches, server: compiled(one) }))),
    only: servers.length === 1 ? onlyLocation(fallbackServer) : undefined,
  };
}

/** The location of a server that has no other. */
function onlyLocation({ exact, prefixes, expressions }: Server): Location | undefined {
  const [first] = prefixes;
  if (exact.size > 0 || expressions.length > 0 || prefixes.length !== 1 || first?.options.path !== '/')
    return undefined;
  return first.options.uri === undefined ? first : undefined;
}
