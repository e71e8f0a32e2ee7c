/** A kind of value, and how it is read from a text. */
export interface Kind<T> {
  /** The placeholder of the value in `--help`, such as `PORT`. */
  readonly placeholder: string;
  /**
   * @param name the flag or variable that gave the text, for the error
   * @throws UsageError when the text is not such a value
   */
  read(name: string, text: string): T;
}

/** One setting of a program: a flag, an environment variable, or both. Without `value` it is a switch. */
export interface Setting {
  /** The meaning, as one Markdown phrase without a full stop. */
  readonly help: string;
  /** One letter: `h` makes `-h` another name of the flag. */
  readonly short?: string;
  /** The kind of the value. */
  readonly value?: Kind<unknown>;
  /** More than one value: the flag may be `repeated`, or it takes all `words` up to the next flag. */
  readonly many?: 'repeated' | 'words';
  /** The value without the flag, written as it would be typed. It is read and checked like a given one. */
  readonly default?: string;
  /** In place of `default`: the default in words, where the program works it out. */
  readonly otherwise?: string;
  /** The unit of a number, such as `bytes`. */
  readonly unit?: string;
  /** A value, as it would be typed. */
  readonly example?: string;
  /** The environment variable that gives the value when the flag does not. */
  readonly variable?: string;
  /** Only the environment gives the value: there is no flag. */
  readonly variableOnly?: true;
  /** An empty variable is a value. By default it counts as not set. */
  readonly emptyIsValue?: true;
  /** The program does not run without a value. */
  readonly required?: true;
  /** The setting that has to be given, too. */
  readonly needs?: string;
  /** Settings that cannot be given, too, and what to do in place of that: `''`, or `set "listen" in the file`. */
  readonly excludes?: Readonly<Record<string, string>>;
}

/** All settings of a program. A key in camel case is a flag in kebab case: `nodePort` is `--node-port`. */
export type Settings = Readonly<Record<string, Setting>>;

type ValueOf<One> = One extends { readonly value: Kind<infer T> }
  ? One extends { readonly many: string }
    ? readonly T[]
    : One extends { readonly default: string } | { readonly required: true }
      ? T
      : T | undefined
  : boolean;

/** The type of the values of all settings. */
export type Values<Table extends Settings> = { readonly [Key in keyof Table]: ValueOf<Table[Key]> };

/**
 * Declares the settings of a program, once: the type of the values, the checks, `--help` and the table of the README all
 * come from here.
 *
 * @throws RangeError when `needs` or `excludes` names no other setting
 * @example
 * const SETTINGS = settings({
 *   nodes: { value: integer(1, 64), default: '2', help: 'how many nodes to start' },
 *   help: HELP,
 * });
 */
export function settings<const Table extends Settings>(table: Table): Table {
  for (const [key, { needs, excludes }] of Object.entries<Setting>(table)) {
    for (const other of [...(needs === undefined ? [] : [needs]), ...Object.keys(excludes ?? {})]) {
      if (!Object.hasOwn(table, other)) throw new RangeError(`setting ${key} names ${other}, which is no setting`);
    }
  }
  return table;
}

/** `--node-port` for `nodePort`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `--help`, which prints the help text. */
export const HELP = { short: 'h', help: 'show this text' } as const satisfies Setting;

/** The switch that `@pinwheel/raw-socket` reads by itself. It is declared for `--help`: any value is accepted, and only `1` counts. */
export const PLAIN_SOCKETS = {
  value: { placeholder: '0|1', read: (_name: string, given: string) => given },
  variable: 'PINWHEEL_PLAIN_SOCKETS',
  variableOnly: true,
  default: '0',
  help: '`1` uses only the documented ways of Node to read and write sockets, which costs more CPU time; WebSockets are then tunnelled, not handed off',
} as const satisfies Setting;

/** `--version`, which prints the version. */
export const VERSION = { help: 'show the version' } as const satisfies Setting;
