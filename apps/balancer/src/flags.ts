import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.js';

/** `value` takes the argument after it, `list` may stand several times, `switch` takes none. */
export type FlagKind = 'value' | 'list' | 'switch';

/** What stood on the command line. */
export interface Flags {
  /** The last value given, or undefined. */
  value(name: string): string | undefined;
  /** All values given, in order. */
  list(name: string): readonly string[];
  has(name: string): boolean;
}

/**
 * Reads `--name value`, `--name=value` and `--switch`; nothing else is taken.
 *
 * @param args the command line behind the program's name
 * @param kinds the flags there are, without their `--`
 * @throws UsageError for a flag that is not there, one that lacks its value, one too many value, a stray word
 */
export function readFlags(args: readonly string[], kinds: Readonly<Record<string, FlagKind>>): Flags {
  const options = Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [
      name,
      { type: kind === 'switch' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError('argument', 'a flag (see --help)', token.value);
    if (token.kind === 'option-terminator') continue;
    const kind = Object.hasOwn(kinds, token.name) ? kinds[token.name] : undefined;
    if (kind === undefined) throw new UsageError('flag', 'one that --help lists', token.rawName);
    const values = given.get(token.name) ?? [];
    given.set(token.name, values);
    if (kind === 'switch') {
      if (token.value !== undefined) throw new UsageError(token.rawName, 'no value', token.value);
    } else if (token.value === undefined || (!token.inlineValue && token.value.startsWith('--'))) {
      throw new UsageError(token.rawName, 'a value', token.value ?? '');
    } else {
      values.push(token.value);
    }
  }
  return {
    value: (name) => given.get(name)?.at(-1),
    list: (name) => given.get(name) ?? [],
    has: (name) => given.has(name),
  };
}

/**
 * Reads a whole number.
 *
 * @throws UsageError when `text` is not one from `min` to `max`
 */
export function readInteger(flag: string, text: string, min: number, max: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= min && number <= max)) throw new UsageError(flag, `a whole number from ${min} to ${max}`, text);
  return number;
}

/**
 * Reads one of `words`.
 *
 * @throws UsageError when `text` is none of them
 */
export function readWord<const T extends string>(flag: string, text: string, words: readonly T[]): T {
  const word = words.find((one) => one === text);
  if (word === undefined) throw new UsageError(flag, `one of ${words.join(', ')}`, text);
  return word;
}
