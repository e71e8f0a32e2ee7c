import type { Context, Site, Spec } from './directive.js';
import type { Directive } from '../text/parse.js';

/** A directive as it stands in a level, its arguments read. */
export interface Entry<T = unknown> {
  readonly spec: Spec;
  readonly directive: Directive;
  readonly value: T;
  /** The level its block opens. */
  readonly scope: Scope | undefined;
}

/** A level of the configuration: the main one, `http`, a server, a location, an upstream. */
export class Scope {
  readonly #entries: Entry[] = [];

  constructor(
    readonly context: Context,
    readonly parent: Scope | undefined,
    /** The directive whose block this is; undefined for the main level. */
    readonly opener: Pick<Entry, 'spec' | 'directive' | 'value'> | undefined,
    readonly site: (directive: Directive, scope: Scope) => Site,
  ) {}

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Everything that stands at this level, in the order of the file: `set` and `return` depend on it. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** What stands at this very level under the directive's name. */
  own<T, F>(spec: Spec<T, F>): readonly Entry<T>[] {
    return this.#entries.filter((entry): entry is Entry<T> => entry.spec === (spec as Spec));
  }

  has(spec: Spec): boolean {
    return this.#entries.some((entry) => entry.spec === spec);
  }

  /** The nearest level, this one first, at which the directive stands. */
  #holder(spec: Spec): Scope | undefined {
    if (this.has(spec)) return this;
    let around = spec.inherit === 'none' ? undefined : this.parent;
    while (around !== undefined && !around.has(spec)) around = around.parent;
    return around;
  }

  /** The directive's value here, inherited or its default where it is not given; the last one where it repeats. */
  get<T, F>(spec: Spec<T, F>): T | F {
    const entry = this.#holder(spec)?.own(spec).at(-1);
    return entry === undefined ? (this.#default(spec) as F) : entry.value;
  }

  /** The values of a directive that may repeat, inherited as a whole; without any its default, if it has one. */
  list<T, F>(spec: Spec<T, F>): readonly T[] {
    const holder = this.#holder(spec);
    if (holder !== undefined) return holder.own(spec).map(({ value }) => value);
    const fallback = this.#default(spec);
    return fallback === undefined ? [] : [fallback];
  }

  #default<T, F>(spec: Spec<T, F>): T | undefined {
    if (spec.default === undefined) return undefined;
    const args = spec.default.split(' ');
    return spec.read(args, this.site({ name: spec.name, args, file: '', line: 0 }, this));
  }

  /** The blocks of a kind in this level, each with its own. */
  blocks<T, F>(
    spec: Spec<T, F>,
  ): readonly { readonly value: T; readonly scope: Scope; readonly directive: Directive }[] {
    return this.own(spec).flatMap(({ value, scope, directive }) =>
      scope === undefined ? [] : [{ value, scope, directive }],
    );
  }
}
