import type { Context, Site, Spec } from './directive.js';
import type { Directive } from '../text/parse.js';

/** A directive of a level with the meaning of its arguments. */
export interface Entry<T = unknown> {
  readonly spec: Spec;
  readonly directive: Directive;
  readonly value: T;
  /** The level that its block opens. */
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

  /** All directives of this level in the order of the file, which matters for `set` and `return`. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The entries of a directive at this level itself. */
  own<T, F>(spec: Spec<T, F>): readonly Entry<T>[] {
    return this.#entries.filter((entry): entry is Entry<T> => entry.spec === (spec as Spec));
  }

  has(spec: Spec): boolean {
    return this.#entries.some((entry) => entry.spec === spec);
  }

  /** The nearest level, starting with this one, that has the directive. */
  #holder(spec: Spec): Scope | undefined {
    if (this.has(spec)) return this;
    let around = spec.inherit === 'none' ? undefined : this.parent;
    while (around !== undefined && !around.has(spec)) around = around.parent;
    return around;
  }

  /** The directive's value here: the last one of this level, else the inherited one, else the default. */
  get<T, F>(spec: Spec<T, F>): T | F {
    const entry = this.#holder(spec)?.own(spec).at(-1);
    return entry === undefined ? (this.#default(spec) as F) : entry.value;
  }

  /** All values of a directive that may repeat, inherited as a whole; without any, its default if it has one. */
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

  /** The blocks of one kind in this level, each with the level that it opens. */
  blocks<T, F>(
    spec: Spec<T, F>,
  ): readonly { readonly value: T; readonly scope: Scope; readonly directive: Directive }[] {
    return this.own(spec).flatMap(({ value, scope, directive }) =>
      scope === undefined ? [] : [{ value, scope, directive }],
    );
  }
}
