import { OptionError } from './option-error.js';

/** `value` takes one argument, `list` all up to the next option, `switch` none. */
export type OptionKind = 'value' | 'list' | 'switch';

/** What stood on the command line. */
export interface CommandLine {
  /** Words that belong to no option, in order. */
  readonly words: readonly string[];
  /** The last value given, or undefined. */
  value(name: string): string | undefined;
  list(name: string): readonly string[];
  has(name: string): boolean;
}

/**
 * Reads `--name value`, `--name=value`, `--switch` and words.
 *
 * @param args the command line behind the program's name
 * @param kinds the options there are, without their `--`
 * @param endsList true for a word that is no item of a list but stands for itself
 * @throws OptionError for an option that is not there, one without its value, one with a value too many
 */
export function readCommandLine(
  args: readonly string[],
  kinds: Readonly<Record<string, OptionKind>>,
  endsList: (word: string) => boolean = () => false,
): CommandLine {
  const words: string[] = [];
  const given = new Map<string, string[]>();
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    const equals = arg.indexOf('=');
    const name = equals === -1 ? arg : arg.slice(0, equals);
    const inline = equals === -1 ? undefined : arg.slice(equals + 1);
    const key = name.slice(2);
    const kind = name.startsWith('--') && Object.hasOwn(kinds, key) ? kinds[key] : undefined;
    if (kind === undefined) throw new OptionError('option', 'one that --help lists', name);
    const values = given.get(key) ?? [];
    given.set(key, values);
    if (kind === 'switch') {
      if (inline !== undefined) throw new OptionError(name, 'no value', inline);
      continue;
    }
    const before = values.length;
    const most = kind === 'list' ? Infinity : before + 1;
    if (inline !== undefined) values.push(inline);
    else {
      while (at + 1 < args.length && !isOption(args[at + 1]) && values.length < most) {
        const next = args[at + 1] ?? '';
        if (kind === 'list' && endsList(next)) break;
        values.push(next);
        at++;
      }
    }
    if (values.length === before) throw new OptionError(name, 'a value', args[at + 1] ?? '');
  }
  return {
    words,
    value: (name) => given.get(name)?.at(-1),
    list: (name) => given.get(name) ?? [],
    has: (name) => given.has(name),
  };
}

function isOption(arg: string | undefined): boolean {
  return arg?.startsWith('--') === true;
}
