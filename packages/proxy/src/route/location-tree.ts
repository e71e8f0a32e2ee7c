import type { Facts } from '../facts.js';
import type { Location } from './location.js';
import { encodePath } from '../http1/target.js';
import type { LocationOptions } from '../options/proxy.js';

/** A location and the locations inside it. */
interface Branch {
  readonly location: Location;
  readonly inner: LocationTree | undefined;
}

/** The locations of one level, searched in nginx's order. */
export class LocationTree {
  /** `=` locations, and the redirects from `/path` to `/path/`. */
  readonly #exact: ReadonlyMap<string, Location>;
  /** Longest path first, so that the first match is the longest. */
  readonly #prefixes: readonly Branch[];
  readonly #expressions: readonly Branch[];

  constructor(options: readonly LocationOptions[], make: (one: LocationOptions) => Location) {
    const of = (...kinds: readonly LocationOptions['match'][]): readonly LocationOptions[] =>
      options.filter(({ match }) => kinds.includes(match));
    const branch = (one: LocationOptions): Branch => ({
      location: make(one),
      inner: one.locations.length === 0 ? undefined : new LocationTree(one.locations, make),
    });
    const prefixes = of('prefix', 'final_prefix').toSorted((a, b) => b.path.length - a.path.length);
    const exact = of('exact');
    const taken = new Set([...prefixes, ...exact].map(({ path }) => path));
    const slashes = [...prefixes, ...exact].filter((one) => needsSlash(one) && !taken.has(one.path.slice(0, -1)));
    this.#exact = new Map([...slashes.map(toSlash), ...exact].map((one) => [one.path, make(one)]));
    this.#prefixes = prefixes.map(branch);
    this.#expressions = of('expression').map(branch);
  }

  /** The only location of the level, if it matches every path and rewrites none. */
  get only(): Location | undefined {
    const [first] = this.#prefixes;
    if (this.#exact.size > 0 || this.#expressions.length > 0 || this.#prefixes.length !== 1) return undefined;
    if (first?.location.options.path !== '/' || first.inner !== undefined) return undefined;
    return first.location.options.uri === undefined ? first.location : undefined;
  }

  /**
   * Finds the location of a path: an `=` location; else the longest prefix and the locations inside it. Unless the prefix is
   * `^~`, the first matching expression wins over it, inner expressions before outer ones.
   *
   * @param path decoded
   */
  find(path: string, facts: () => Facts): Location | undefined {
    return this.search(path, facts)?.location;
  }

  /** Like `find`; `final` means that no expression of an outer level wins over the location. */
  search(path: string, facts: () => Facts): { readonly location: Location; readonly final: boolean } | undefined {
    const exact = this.#exact.get(path);
    if (exact !== undefined) return { location: exact, final: true };
    const prefix = this.#prefixes.find(({ location }) => path.startsWith(location.options.path));
    const inside = prefix?.inner?.search(path, facts);
    if (inside?.final === true) return inside;
    if (prefix?.location.options.match !== 'final_prefix') {
      const expression = this.#expressions.find(({ location }) => location.options.matches?.(path, facts()) === true);
      if (expression !== undefined) {
        const location = expression.inner?.find(path, facts) ?? expression.location;
        return { location, final: true };
      }
    }
    if (inside !== undefined) return inside;
    return prefix === undefined ? undefined : { location: prefix.location, final: false };
  }
}

/** As in nginx, a prefix that ends in a slash and is forwarded gets a redirect from the path without the slash. */
function needsSlash({ path, upstream, pass, match }: LocationOptions): boolean {
  return (upstream ?? pass?.url) !== undefined && match !== 'expression' && path.length > 1 && path.endsWith('/');
}

/** The location that redirects `/path` to `/path/`. */
function toSlash(one: LocationOptions): LocationOptions {
  const { path, addedFields, onEnd, errorPages, redirects, connection, log } = one;
  const target = encodePath(path);
  const text = (facts: Facts): string =>
    facts.args === undefined || facts.args === '' ? target : `${target}?${facts.args}`;
  return {
    path: path.slice(0, -1),
    match: 'exact',
    reply: { status: 301, text, contentType: 'text/html' },
    locations: [],
    addedFields,
    onEnd,
    errorPages,
    redirects,
    connection,
    log,
    aliased: 0,
  };
}
