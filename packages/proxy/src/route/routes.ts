import type { Facts } from '../facts.js';
import { hostName, normalPath } from '../http1/target.js';
import type { Location } from './location.js';
import { ServerNames } from '../net/server-names.js';
import type { ProxyOptions, ServerOptions } from '../options/proxy.js';
import { Server } from './server.js';
import type { UpstreamGroup } from '../upstream/upstream-group.js';

/** The servers of one listener. A request whose name matches no server, or that has none, goes to `fallback`. */
interface ListenerServers {
  readonly fallback: Server | undefined;
  readonly names: ServerNames<Server, Facts>;
  /** The location of every request, if there is a single server with a single location that matches every path. */
  readonly only: Location | undefined;
}

/** Finds the location of a request: by listener, then server name, then path, each in nginx's order. */
export class Routes {
  readonly #hosts: readonly ListenerServers[];

  constructor(options: ProxyOptions, groups: ReadonlyMap<string, UpstreamGroup>) {
    const { servers } = options;
    const compiled = new Map(servers.map((server) => [server, new Server(server, options, groups)]));
    this.#hosts = options.listeners.map((_, listener) => {
      const here = servers.filter((server) => server.listeners?.includes(listener) ?? true);
      return compileServers(here, listener, (server) => compiled.get(server));
    });
  }

  /**
   * @param listener index of the listener the request came to
   * @param host value of `ListenerServers`, port included
   * @param target request target in origin form
   * @param facts for expressions with captures
   * @returns undefined when no location matches
   * @throws ProxyError `bad_target`
   */
  find(listener: number, host: string, target: string, facts: () => Facts): Location | undefined {
    const known = this.#hosts[listener];
    if (known === undefined || known.only !== undefined) return known?.only;
    const server = known.names.find(hostName(host), facts) ?? known.fallback;
    if (server === undefined) return undefined;
    const path = normalPath(target);
    server.prepare?.(facts());
    return server.locate(path, facts);
  }

  /** The location that answers an unreadable request. @param host as far as it was read; '' when it was not */
  unreadable(listener: number, host: string, facts: () => Facts): Location | undefined {
    const known = this.#hosts[listener];
    const server =
      known === undefined || host === ''
        ? known?.fallback
        : (known.names.find(hostName(host), facts) ?? known.fallback);
    return server?.otherwise ?? server?.only;
  }
}

function compileServers(
  servers: readonly ServerOptions[],
  listener: number,
  compiled: (one: ServerOptions) => Server | undefined,
): ListenerServers {
  const names = new ServerNames<Server, Facts>();
  for (const one of servers) {
    const server = compiled(one);
    if (server === undefined) continue;
    for (const name of one.names) names.add(name, server);
    for (const matches of one.expressions) names.addExpression(matches, server);
  }
  const byDefault = servers.find((one) => one.defaultFor.includes(listener)) ?? servers[0];
  const fallback = byDefault === undefined ? undefined : compiled(byDefault);
  return { fallback, names, only: servers.length === 1 ? fallback?.only : undefined };
}
