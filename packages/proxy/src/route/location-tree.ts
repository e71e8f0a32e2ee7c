import type { Facts } from '../facts.js';
import type { Location } from './location.js';
import { encodePath } from '../http1/target.js';
import type { LocationOptions } from '../options/proxy.js';

/** A location and those inside it. */
interface Branch {
  readonly location: Location;
  readonly inner: LocationTree | undefined;
}

/** The locations of one level in the order they are looked at, as nginx looks at them. */
export class LocationTree {
  /** `=` locations, and the answers that send `/path` to `/path/`. */
  readonly #exact: ReadonlyMap<string, Location>;
  /** Longest path first: the first that fits is the one. */
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

  /** The location of a level that has no other and takes every path as it is. */
  get only(): Location | undefined {
    const [first] = this.#prefixes;
    if (this.#exact.size > 0 || this.#expressions.length > 0 || this.#prefixes.length !== 1) return undefined;
    if (first?.location.options.path !== '/' || first.inner !== undefined) return undefined;
    return first.location.options.uri === undefined ? first.location : undefined;
  }

  /**
   * `=`, else the longest prefix and what is inside it; unless that is `^~`, the first expression that fits goes before a
   * prefix, inner ones first.
   *
   * @param path decoded
   */
  find(path: string, facts: () => Facts): Location | undefined {
    return this.search(path, facts)?.location;
  }

  /** As `find`; `final`: no expression of an outer level goes before it. */
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

/** nginx: a prefix that ends in a slash and is passed to a peer. */
function needsSlash({ path, upstream, pass, match }: LocationOptions): boolean {
  return (upstream ?? pass?.url) !== undefined && match !== 'expression' && path.length > 1 && path.endsWith('/');
}

/** The location that sends a request without the slash to the one with it. */
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
