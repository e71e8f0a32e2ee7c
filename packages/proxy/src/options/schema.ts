/**
 * Declares an options object once: per field its check and its default. `check` reads what a caller gave, refuses what
 * does not fit by its path (`upstreams[0].peers[1].weight`), fills in defaults and freezes the result.
 */

/** Reads one value. `path` says where it stands, for the error text. */
export type Field<T> = (value: unknown, path: string) => T;

/** `T` as a caller writes it: what has a default may be left out. */
export type Given<T, Required extends keyof T> = Partial<T> & Pick<T, Required>;

/** An option does not fit. `code` is always `bad_option`. */
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

export function optional<T>(field: Field<T>, fallback: T): Field<T> {
  return (value, path) => (value === undefined ? fallback : field(value, path));
}

/** A field that may be left out and has no default. */
export function maybe<T>(field: Field<T>): Field<T | undefined> {
  return (value, path) => (value === undefined ? undefined : field(value, path));
}

export function integer(min: number, max = Number.MAX_SAFE_INTEGER, unit = ''): Field<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw new OptionError(path, `a whole number ${range}${unit && ` (${unit})`}`, value);
    }
    return value;
  };
}

/** A duration in milliseconds: 1 to 2^31-1, the range of a timer. */
export const milliseconds = integer(1, 2_147_483_647, 'milliseconds');

export const flag: Field<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new OptionError(path, 'true or false', value);
  return value;
};

export function text(expected: string, pattern: RegExp): Field<string> {
  return (value, path) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw new OptionError(path, expected, value);
    return value;
  };
}

export function oneOf<const T extends string>(...words: readonly T[]): Field<T> {
  return (value, path) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new OptionError(path, `one of ${words.join(', ')}`, value);
    return found;
  };
}

export function list<T>(field: Field<T>, min = 0): Field<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < min) {
      throw new OptionError(path, min === 0 ? 'a list' : `a list of at least ${min}`, value);
    }
    return Object.freeze(value.map((item, index) => field(item, `${path}[${index}]`)));
  };
}

/** A function; what it takes and returns is not looked at. */
export const callback: Field<(...args: never[]) => unknown> = (value, path) => {
  if (!isFunction(value)) throw new OptionError(path, 'a function', value);
  return value;
};

function isFunction(value: unknown): value is (...args: never[]) => unknown {
  return typeof value === 'function';
}

/** The object whose fields are these; a key that is not declared is refused by name. */
export function object<T extends object>(fields: { readonly [K in keyof T]-?: Field<T[K]> }): Field<Readonly<T>> {
  const keys = Object.keys(fields);
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new OptionError(path, 'an object', value);
    }
    for (const key of Object.keys(value)) {
      if (!keys.includes(key)) throw new OptionError(`${path}.${key}`, `one of the options ${keys.join(', ')}`, key);
    }
    const read: Partial<T> = {};
    for (const key in fields) {
      const given: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
      const checked = fields[key](given, path === '' ? key : `${path}.${key}`);
      if (checked !== undefined) read[key] = checked;
    }
    return Object.freeze(read as T);
  };
}
