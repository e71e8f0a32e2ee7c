import { flagOf, type Setting, type Settings, type Values } from './settings.js';
import { suggest } from './suggest.js';
import { UsageError } from './usage-error.js';

export interface Input {
  /** The command line after the program's name. Default: empty. */
  readonly args?: readonly string[];
  /** The environment. Default: empty. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** The most words that belong to no flag. Default 0. */
  readonly maxWords?: number;
  /** True for a word that ends the words of a flag, such as a URL. Default: no word does. */
  readonly endsWords?: (word: string) => boolean;
}

/** The command of the user: to run, or to print the help text or the version. */
export type Command<Table extends Settings> =
  | { readonly kind: 'help' | 'version' }
  | {
      readonly kind: 'run';
      readonly values: Values<Table>;
      /** Keys of the settings that the command line or the environment gave. */
      readonly given: ReadonlySet<keyof Table>;
      /** Words that belong to no flag, in order. */
      readonly words: readonly string[];
    };

/**
 * Reads `--name value`, `--name=value`, `--switch`, `-s` and words, then the environment, and checks all of it.
 * `--help` goes before `--version`, and both before anything that could be wrong with a value.
 *
 * @throws UsageError for the first mistake
 * @example
 * const command = readCommand(SETTINGS, { args: process.argv.slice(2), variables: process.env });
 * if (command.kind === 'run') start(command.values.nodes);
 */
export function readCommand<Table extends Settings>(table: Table, input: Input = {}): Command<Table> {
  const { words, flags } = split(table, input);
  if (flags.has('help')) return { kind: 'help' };
  if (flags.has('version')) return { kind: 'version' };
  const [excess] = words.slice(input.maxWords ?? 0);
  if (excess !== undefined) throw unexpectedArgument(excess);
  const given = new Map(flags);
  for (const [key, { variable, emptyIsValue }] of Object.entries<Setting>(table)) {
    const text = variable === undefined ? undefined : input.variables?.[variable];
    if (text === undefined || given.has(key) || (text === '' && emptyIsValue !== true)) continue;
    given.set(key, [text]);
  }
  checkTogether(table, given);
  const values = Object.entries<Setting>(table).map(([key, setting]) => {
    return [key, valueOf(key, setting, given.get(key), flags.has(key))] as const;
  });
  return { kind: 'run', values: Object.fromEntries(values) as Values<Table>, given: new Set(given.keys()), words };
}

/** The values without flags and variables; undefined where the setting is required. */
export function defaultsOf<Table extends Settings>(table: Table): Values<Table> {
  const values = Object.entries<Setting>(table).map(([key, setting]) => {
    return [key, setting.required === true ? undefined : valueOf(key, setting, undefined, false)] as const;
  });
  return Object.fromEntries(values) as Values<Table>;
}

/** The words and, by their keys, the texts that flags gave. A switch has none. */
function split(table: Settings, { args = [], endsWords }: Input): { words: string[]; flags: Map<string, string[]> } {
  const keys = keysByFlag(table);
  const words: string[] = [];
  const flags = new Map<string, string[]>();
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    // npm passes on a second `--`; no program here takes arguments that look like flags.
    if (arg === '--') throw unexpectedArgument(arg);
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const inline = equals < 0 ? undefined : arg.slice(equals + 1);
    const key = keys.get(name);
    const setting = key === undefined ? undefined : table[key];
    if (key === undefined || setting === undefined) throw unknownFlag(name, [...keys.keys()]);
    const texts = flags.get(key) ?? [];
    flags.set(key, texts);
    if (setting.value === undefined) {
      if (inline !== undefined) throw new UsageError(`${name} takes no value, got ${JSON.stringify(inline)}`);
    } else if (inline !== undefined) texts.push(inline);
    else {
      const taken = valuesAt(args, at + 1, setting.many === 'words' ? endsWords : undefined, setting.many);
      if (taken.length === 0) throw missingValue(name, args[at + 1]);
      texts.push(...taken);
      at += taken.length;
    }
  }
  return { words, flags };
}

function valuesAt(
  args: readonly string[],
  from: number,
  ends: Input['endsWords'],
  many: Setting['many'],
): readonly string[] {
  const rest = args.slice(from, many === 'words' ? undefined : from + 1);
  const end = rest.findIndex((arg) => arg.startsWith('--') || ends?.(arg) === true);
  return end < 0 ? rest : rest.slice(0, end);
}

function keysByFlag(table: Settings): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const [key, { short, variableOnly }] of Object.entries(table)) {
    if (variableOnly === true) continue;
    keys.set(flagOf(key), key);
    if (short !== undefined) keys.set(`-${short}`, key);
  }
  return keys;
}

function unexpectedArgument(arg: string): UsageError {
  return new UsageError(`unexpected argument ${JSON.stringify(arg)} (see --help)`);
}

function unknownFlag(name: string, known: readonly string[]): UsageError {
  const meant = suggest(name, known);
  return new UsageError(`unknown flag ${name} (${meant === undefined ? '' : `did you mean ${meant}? `}see --help)`);
}

function missingValue(flag: string, next: string | undefined): UsageError {
  return new UsageError(`${flag} needs a value${next === undefined ? '' : `, got ${JSON.stringify(next)}`}`);
}

function checkTogether(table: Settings, given: ReadonlyMap<string, unknown>): void {
  for (const key of given.keys()) {
    const { needs, excludes = {} } = table[key] ?? {};
    if (needs !== undefined && !given.has(needs)) throw new UsageError(`${flagOf(key)} needs ${flagOf(needs)}`);
    for (const [other, instead] of Object.entries(excludes)) {
      if (given.has(other)) throw notTogether(flagOf(key), flagOf(other), instead);
    }
  }
}

/** The error for two flags that exclude each other. @param instead what to do; '' when that is plain */
export function notTogether(flag: string, other: string, instead = ''): UsageError {
  return new UsageError(`${flag} cannot be combined with ${other}${instead === '' ? '' : `: ${instead}`}`);
}

/** @param byFlag false when the texts come from the environment */
function valueOf(key: string, setting: Setting, texts: readonly string[] | undefined, byFlag: boolean): unknown {
  const { value, many, required, variable } = setting;
  if (value === undefined) return texts !== undefined;
  const name = byFlag || variable === undefined ? flagOf(key) : variable;
  const all = texts ?? (setting.default === undefined ? [] : [setting.default]);
  if (all.length === 0 && required === true) throw missing(name, setting);
  if (many !== undefined) return all.map((text) => value.read(name, text));
  const last = all.at(-1);
  return last === undefined ? undefined : value.read(name, last);
}

function missing(name: string, { example }: Setting): UsageError {
  const such = example === undefined ? '' : `, such as ${name} ${example}`;
  return new UsageError(`${name} is missing${such} (see --help)`);
}
