import type { Facts } from '../facts.js';
import type { Locator } from './location.js';
import { Location } from './location.js';
import { LocationTree } from './location-tree.js';
import type { LocationOptions, ProxyOptions, ServerOptions } from '../options/proxy.js';
import { PassTargets } from '../upstream/by-url.js';
import type { UpstreamGroup } from '../upstream/upstream-group.js';

/** A virtual server in service: its locations, and what applies before one of them is chosen. */
export class Server implements Locator {
  readonly name: string;
  readonly named: ReadonlyMap<string, Location>;
  /** Called for every request before its location is chosen (nginx: `set` in `server`). */
  readonly prepare: ((facts: Facts) => void) | undefined;
  /** The location of requests that match no other, and of unreadable requests. */
  readonly otherwise: Location | undefined;
  /** The location of every request; undefined when the location depends on the path. */
  readonly only: Location | undefined;
  readonly #tree: LocationTree;

  constructor(options: ServerOptions, proxy: ProxyOptions, groups: ReadonlyMap<string, UpstreamGroup>) {
    this.name = options.name ?? options.names[0] ?? '';
    this.prepare = options.prepare;
    const make = (one: LocationOptions): Location => {
      const group = one.upstream === undefined ? undefined : groups.get(one.upstream);
      const targets = one.pass?.url === undefined ? undefined : new PassTargets(one.pass, proxy, groups);
      return new Location(one, group, proxy.timeouts, proxy.limits, this, options, targets);
    };
    const named = options.locations.filter(({ match }) => match === 'named');
    this.named = new Map(named.map((one) => [one.path, make(one)]));
    this.otherwise = options.otherwise === undefined ? undefined : make(options.otherwise);
    this.#tree = new LocationTree(options.locations, make);
    this.only = this.prepare === undefined ? this.#tree.only : undefined;
  }

  /** The location for a decoded path. */
  locate(path: string, facts: () => Facts): Location | undefined {
    return this.#tree.find(path, facts) ?? this.otherwise;
  }
}
