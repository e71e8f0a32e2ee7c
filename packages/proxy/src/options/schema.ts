/**
 * Declares options once. A schema names every option with its check and its default. The types of the given and of the
 * checked options are inferred from it, and the table of options in the docs is generated from it.
 *
 * @example
 * const limits = object({
 *   // Bytes of a request body; 0 is no limit.
 *   body: optional(integer(0, { unit: 'bytes' }), 1_048_576),
 * });
 * type LimitOptions = Infer<typeof limits>;  // { readonly body: number }
 * type GivenLimits = Input<typeof limits>;   // { readonly body?: number | undefined }
 * limits({}, 'limits');                      // { body: 1048576 }
 */

/** Reads one value: checks it, fills in defaults, freezes it. */
export interface Field<Out, In = Out> {
  /** @param path path of the option, for the error text @throws OptionError */
  (value: unknown, path: string): Out;
  /** The kind of value, for the docs: `whole number`, `list of ...`. */
  readonly kind: string;
  readonly unit?: string | undefined;
  /** The options of an object, or of the objects in a list. */
  readonly fields?: Fields | undefined;
  /** The default of an option that is left out. */
  readonly fallback?: unknown;
  readonly presence: 'required' | 'optional' | 'maybe';
  /** Only for the type of what a caller writes; never set. */
  readonly input?: In;
}

interface OptionalField<Out, In> extends Field<Out, In> {
  readonly presence: 'optional' | 'maybe';
}

interface MaybeField<Out, In> extends OptionalField<Out, In> {
  readonly presence: 'maybe';
}

export type Fields = Readonly<Record<string, Field<unknown, unknown>>>;

type Simplify<T> = { [K in keyof T]: T[K] };
type Given<F> = F extends { readonly input?: infer In } ? Exclude<In, undefined> : never;
type OutOf<F> = F extends (value: unknown, path: string) => infer Out ? Out : never;

/** The checked object of a schema's fields. */
type Checked<F> = Simplify<
  { readonly [K in keyof F as F[K] extends { presence: 'maybe' } ? never : K]: OutOf<F[K]> } & {
    readonly [K in keyof F as F[K] extends { presence: 'maybe' } ? K : never]?: OutOf<F[K]>;
  }
>;

/** The object that a caller writes. */
type Written<F> = Simplify<
  { readonly [K in keyof F as F[K] extends { presence: 'required' } ? K : never]: Given<F[K]> } & {
    readonly [K in keyof F as F[K] extends { presence: 'required' } ? never : K]?: Given<F[K]> | undefined;
  }
>;

/** The type of a checked value. */
export type Infer<F extends Field<unknown, unknown>> = OutOf<F>;
/** The type of a value as a caller writes it: options with a default may be left out. */
export type Input<F extends Field<unknown, unknown>> = Given<F>;

/** An option is invalid. `code` is always `bad_option`, `path` names the option, as in `listeners[0].port`. */
export class OptionError extends TypeError {
  readonly code = 'bad_option';
  readonly path: string;
  constructor(path: string, expected: string, got: unknown) {
    super(`${path}: expected ${expected}, got ${shown(got)}`);
    this.name = 'OptionError';
    this.path = path;
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

interface About {
  readonly kind: string;
  readonly unit?: string | undefined;
  readonly fields?: Fields | undefined;
}

/** A field with a check of the caller's own. */
export function field<Out, In = Out>(
  about: About,
  read: (value: unknown, path: string) => Out,
): Field<Out, In> & { readonly presence: 'required' } {
  return Object.assign((value: unknown, path: string) => read(value, path), {
    ...about,
    presence: 'required' as const,
  });
}

/** An option with a default. */
export function optional<Out, In>(
  of: Field<Out, In>,
  fallback: Out,
): OptionalField<Out, In> & { readonly presence: 'optional' } {
  const { kind, unit, fields } = of;
  const read = (value: unknown, path: string): Out => (value === undefined ? fallback : of(value, path));
  return Object.assign(read, { kind, unit, fields, fallback, presence: 'optional' as const });
}

/** An option that may be left out and has no default. */
export function maybe<Out, In>(of: Field<Out, In>): MaybeField<Out | undefined, In> {
  const { kind, unit, fields } = of;
  const read = (value: unknown, path: string): Out | undefined => (value === undefined ? undefined : of(value, path));
  return Object.assign(read, { kind, unit, fields, presence: 'maybe' as const });
}

export function integer(min: number, max = Number.MAX_SAFE_INTEGER, unit?: string) {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return field<number>({ kind: `whole number ${range}`, unit }, (value, path) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw new OptionError(path, `a whole number ${range}${unit === undefined ? '' : ` (${unit})`}`, value);
    }
    return value;
  });
}

/** The longest time of a timer: 2^31-1 milliseconds. */
const LONGEST = 2_147_483_647;

/** A duration from 1 millisecond on. */
export const milliseconds = integer(1, LONGEST, 'milliseconds');

/** A duration, 0 for none or for no limit. */
export const millisecondsOrNone = integer(0, LONGEST, 'milliseconds');

export const flag = field<boolean>({ kind: 'true or false' }, (value, path) => {
  if (typeof value !== 'boolean') throw new OptionError(path, 'true or false', value);
  return value;
});

/** A text that matches a pattern. @param kind the kind of text with its article: `a host name` */
export function text(kind: string, pattern: RegExp) {
  return field<string>({ kind }, (value, path) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw new OptionError(path, kind, value);
    return value;
  });
}

export function oneOf<const T extends string>(...words: readonly T[]) {
  return field<T>({ kind: words.map((word) => `\`${word}\``).join(', ') }, (value, path) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new OptionError(path, `one of ${words.join(', ')}`, value);
    return found;
  });
}

export function list<Out, In>(of: Field<Out, In>, min = 0) {
  const about = { kind: `list: ${of.kind}`, unit: of.unit, fields: of.fields };
  return field<readonly Out[], readonly In[]>(about, (value, path) => {
    if (!Array.isArray(value) || value.length < min) {
      throw new OptionError(path, min === 0 ? 'a list' : `a list of at least ${min}`, value);
    }
    return Object.freeze(value.map((item, index) => of(item, `${path}[${index}]`)));
  });
}

/** A function; what it takes and returns is not checked. */
export function callback<T extends (...args: never[]) => unknown>() {
  return field<T>({ kind: 'function' }, (value, path) => {
    if (typeof value !== 'function') throw new OptionError(path, 'a function', value);
    return value as T;
  });
}

/** The object whose fields are these; a key that is not declared is refused by name. */
export function object<const F extends Fields>(fields: F) {
  const keys = Object.keys(fields);
  return field<Checked<F>, Written<F>>({ kind: 'object', fields }, (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new OptionError(path, 'an object', value);
    }
    for (const key of Object.keys(value)) {
      if (!keys.includes(key)) throw new OptionError(`${path}.${key}`, `one of the options ${keys.join(', ')}`, key);
    }
    const read: Record<string, unknown> = {};
    for (const [key, of] of Object.entries(fields)) {
      const given: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
      const checked = of(given, path === '' ? key : `${path}.${key}`);
      if (checked !== undefined) read[key] = checked;
    }
    return Object.freeze(read) as Checked<F>;
  });
}
