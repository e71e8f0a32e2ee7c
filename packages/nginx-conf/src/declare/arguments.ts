import type { Read, Site } from './directive.js';
import { parseInteger, parseMilliseconds, parseOffset, parseSeconds, parseSize } from '../text/units.js';
import type { ComplexValue } from '../values/value.js';

/** Readers of a directive's arguments. They refuse with nginx's messages. */

function one<T>(parse: (text: string) => T | undefined, why: string): Read<T> {
  return ([text = ''], site) => parse(text) ?? site.reject(why);
}

/** `on` or `off`, in any case. */
export const flag: Read<boolean> = ([text = ''], site) => {
  const lower = text.toLowerCase();
  if (lower === 'on' || lower === 'off') return lower === 'on';
  return site.fail(`invalid value "${text}" in "${site.name}" directive, it must be "on" or "off"`);
};

/** A whole number from 0. */
export const number: Read<number> = one(parseInteger, 'invalid number');
/** Bytes. */
export const size: Read<number> = one(parseSize, 'invalid value');
/** Bytes of something that may be larger than memory. */
export const offset: Read<number> = one(parseOffset, 'invalid value');
/** Milliseconds. */
export const msec: Read<number> = one(parseMilliseconds, 'invalid value');
/** Seconds. */
export const sec: Read<number> = one(parseSeconds, 'invalid value');

/** The first argument, unchanged. */
export const text: Read<string> = ([value = '']) => value;
/** All arguments, unchanged. */
export const texts: Read<readonly string[]> = (args) => args;
/** A value that may contain variables. */
export const complex: Read<ComplexValue> = ([value = ''], site) => site.complex(value);
/** The reader of directives without arguments. */
export const present: Read<true> = () => true;

/** The name of a file. nginx allows variables in it; here they are refused. */
export const file: Read<string> = ([value = ''], site) => {
  if (value.includes('$')) site.fail(`variables in the "${site.name}" directive are not served by pinwheel`);
  return value;
};

/** The word that equals `given`, in any case. */
function oneOf<const T extends string>(words: readonly T[], given: string): T | undefined {
  const lower = given.toLowerCase();
  return words.find((word) => word.toLowerCase() === lower);
}

/** Exactly one of the words. */
export function enumeration<const T extends string>(...words: readonly T[]): Read<T> {
  return ([given = ''], site) => oneOf(words, given) ?? site.fail(`invalid value "${given}"`);
}

/** One or more of the words; a repeated one gives a warning. */
export function choices<const T extends string>(...words: readonly T[]): Read<readonly T[]> {
  return (args, site) => {
    const chosen = new Set<T>();
    for (const given of args) {
      const word = oneOf(words, given) ?? site.fail(`invalid value "${given}"`);
      if (chosen.has(word)) site.warn(`duplicate value "${given}"`);
      chosen.add(word);
    }
    return [...chosen];
  };
}

/** A number and a size, for `large_client_header_buffers`. */
export const buffers: Read<{ readonly number: number; readonly size: number }> = ([count = '', bytes = ''], site) => ({
  number: parseInteger(count) || site.reject('invalid value'),
  size: parseSize(bytes) || site.reject('invalid value'),
});

/** The value of a parameter `name=value`; undefined when the argument is another one. */
export function parameter(arg: string, name: string): string | undefined {
  return arg.startsWith(`${name}=`) ? arg.slice(name.length + 1) : undefined;
}

/** Refuses one of several arguments. */
export function invalidParameter(arg: string, site: Site): never {
  return site.fail(`invalid parameter "${arg}"`);
}

/** The name of the variable that a directive declares: `$name`, returned without `$`. */
export function variableName(arg: string, site: Site): string {
  if (!arg.startsWith('$') || arg.length < 2) site.fail(`invalid variable name "${arg}"`);
  return arg.slice(1);
}
