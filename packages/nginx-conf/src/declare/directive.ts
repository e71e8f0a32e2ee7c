import type { Place } from '../text/error.js';
import type { LogFormat } from '../values/log-format.js';
import type { Regex } from '../values/regex.js';
import type { Entry, Scope } from './scope.js';
import type { ComplexValue } from '../values/value.js';
import type { Variables } from '../values/user-variables.js';

/** Where directives may stand. */
export type Context = 'main' | 'events' | 'http' | 'server' | 'location' | 'upstream';
/** Blocks whose lines are data, not directives. */
export type FreeForm = 'map' | 'types';

/** How many arguments: a number, from and to, or `flag` for one that is `on` or `off`. */
export type Arity = 'flag' | number | readonly [from: number, to: number];

/**
 * How a level without the directive comes to its value.
 * `value`: the nearest level around it that has one, else the default.
 * `list`: all directives of the nearest level that has any (`proxy_set_header`, `add_header`, `access_log`).
 * `none`: not at all.
 */
export type Inheritance = 'value' | 'list' | 'none';

/** What a reader of arguments has at hand. */
export interface Site {
  readonly name: string;
  readonly place: Place;
  /** The level the directive stands in. */
  readonly scope: Scope;
  readonly variables: Variables;
  readonly logFormats: Map<string, LogFormat>;
  /** Takes a name of a kind for the whole configuration; false when it has been taken. */
  claim(kind: string, name: string): boolean;
  /** Refuses with this message. */
  fail(message: string): never;
  /** Refuses in the form `"name" directive WHY`. */
  reject(why: string): never;
  warn(message: string): void;
  /** Something that can only be checked when the whole file is known. */
  later(check: () => void): void;
  complex(source: string): ComplexValue;
  regex(source: string, caseless: boolean): Regex;
}

export type Read<T> = (args: readonly string[], site: Site) => T;

interface Declaration<T> {
  readonly in: readonly Context[];
  readonly args: Arity;
  /** The arguments' meaning, checked. */
  readonly read: Read<T>;
  /** As one would write it. */
  readonly default?: string;
  /** Default `value`; of a block `none`. */
  readonly inherit?: Inheritance;
  /** May stand more than once in a level. Default: only with `list` and blocks. */
  readonly repeats?: boolean;
  /** It has a block, of this kind. */
  readonly opens?: Context | FreeForm;
  /** Takes a line of a free-form block. */
  readonly line?: (value: T, directive: { readonly name: string; readonly args: readonly string[] } & Place) => void;
  /** Checks the block when it has been read; `site` is at its `}`. */
  readonly close?: (entry: Entry<T>, site: Site) => void;
  /** Where it differs from nginx, for the README. */
  readonly note?: string;
  /** Accepted without effect: why that changes nothing. */
  readonly accepted?: string;
}

/**
 * One directive in the table. `T` is what its arguments mean, `Fallback` what `Scope.get` gives where there is none:
 * `T` with a default, else undefined.
 */
export interface Spec<T = unknown, Fallback = unknown> {
  readonly name: string;
  readonly contexts: readonly Context[];
  readonly args: Arity;
  readonly read: Read<T>;
  readonly default: string | undefined;
  readonly inherit: Inheritance;
  readonly repeats: boolean;
  readonly opens: Context | FreeForm | undefined;
  line(value: unknown, directive: { readonly name: string; readonly args: readonly string[] } & Place): void;
  close(entry: Entry, site: Site): void;
  readonly note: string | undefined;
  readonly accepted: string | undefined;
  /** Never there: carries the type of the fallback. */
  readonly fallback?: Fallback;
}

/** Declares a directive; it gets its name from its key in an area's table (`area`). */
export function directive<T>(declaration: Declaration<T> & { readonly default: string }): Spec<T, T>;
export function directive<T>(declaration: Declaration<T>): Spec<T, undefined>;
export function directive<T>(declaration: Declaration<T>): Spec<T, T | undefined> {
  const { opens } = declaration;
  const inherit = declaration.inherit ?? (opens === undefined ? 'value' : 'none');
  return {
    name: '',
    contexts: declaration.in,
    args: declaration.args,
    read: declaration.read,
    default: declaration.default,
    inherit,
    repeats: declaration.repeats ?? (inherit === 'list' || opens !== undefined),
    opens,
    // A spec is only ever given the values that its own `read` made.
    line: (value, line) => declaration.line?.(value as T, line),
    close: (entry, site) => declaration.close?.(entry as Entry<T>, site),
    note: declaration.note,
    accepted: declaration.accepted,
  };
}

/** Gives every directive of a table its key as name. */
export function area<T extends Readonly<Record<string, Spec>>>(table: T): T {
  return Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, { ...spec, name }])) as unknown as T;
}
