import type { Place } from '../text/error.js';
import type { LogFormat } from '../values/log-format.js';
import type { Regex } from '../values/regex.js';
import type { Entry, Scope } from './scope.js';
import type { ComplexValue } from '../values/value.js';
import type { Variables } from '../values/user-variables.js';

/** The contexts in which directives may stand. */
export type Context = 'main' | 'events' | 'http' | 'server' | 'location' | 'upstream';
/** Blocks whose lines are data, not directives. */
export type FreeForm = 'map' | 'types';

/** The number of arguments: exact, a range, or `flag` for one argument that is `on` or `off`. */
export type Arity = 'flag' | number | readonly [from: number, to: number];

/**
 * The rule by which a level without the directive gets its value. `value`: from the nearest level around it that has
 * one, else the default. `list`: all directives of the nearest level that has any (`proxy_set_header`, `add_header`,
 * `access_log`). `none`: it has none.
 */
export type Inheritance = 'value' | 'list' | 'none';

/** The functions that a reader of arguments can use. */
export interface Site {
  readonly name: string;
  readonly place: Place;
  /** The level that contains the directive. */
  readonly scope: Scope;
  readonly variables: Variables;
  readonly logFormats: Map<string, LogFormat>;
  /** Reserves a name of a kind in the whole configuration; false when it is reserved already. */
  claim(kind: string, name: string): boolean;
  /** Throws a ConfError with this message. */
  fail(message: string): never;
  /** Throws a ConfError of the form `"name" directive WHY`. */
  reject(why: string): never;
  warn(message: string): void;
  /** Runs a check when the whole file has been read. */
  later(check: () => void): void;
  complex(source: string): ComplexValue;
  regex(source: string, caseless: boolean): Regex;
}

export type Read<T> = (args: readonly string[], site: Site) => T;

interface Declaration<T> {
  readonly in: readonly Context[];
  readonly args: Arity;
  /** Checks the arguments and returns their meaning. */
  readonly read: Read<T>;
  /** Written as in a configuration. */
  readonly default?: string;
  /** Default `value`, for a block `none`. */
  readonly inherit?: Inheritance;
  /** May stand more than once in a level. Default: only with `list` and blocks. */
  readonly repeats?: boolean;
  /** The kind of its block; absent without a block. */
  readonly opens?: Context | FreeForm;
  /** Reads a line of a free-form block. */
  readonly line?: (value: T, directive: { readonly name: string; readonly args: readonly string[] } & Place) => void;
  /** Checks the block when it has been read; `site` is the place of its `}`. */
  readonly close?: (entry: Entry<T>, site: Site) => void;
  /** The difference from nginx, for docs/directives.md. */
  readonly note?: string;
  /** Present on a directive without effect: the reason why it changes nothing. */
  readonly accepted?: string;
}

/**
 * One directive in the table. `T` is the type of its meaning, `Fallback` what `Scope.get` returns without the directive:
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
  /** Never set: it carries the type of the fallback. */
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
    // A spec only gets values that its own `read` has returned.
    line: (value, line) => declaration.line?.(value as T, line),
    close: (entry, site) => declaration.close?.(entry as Entry<T>, site),
    note: declaration.note,
    accepted: declaration.accepted,
  };
}

/** Names every directive of a table after its key. */
export function area<T extends Readonly<Record<string, Spec>>>(table: T): T {
  return Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, { ...spec, name }])) as unknown as T;
}
