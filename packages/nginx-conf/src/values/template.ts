import { ConfError } from '../text/error.js';
import type { Place } from '../text/error.js';

/** A piece of a complex value: literal text, a variable (lower case, without `$`) or a capture `$1` to `$9`. */
export type Part = string | { readonly variable: string } | { readonly capture: number };

const NAME = /(?:\{([A-Za-z0-9_]*)(\}?)|([A-Za-z0-9_]*))/y;

/**
 * Splits a value like `http://$host:${server_port}$1` into its parts. A `$` without a name is an error: as in nginx,
 * there is no way to write a literal one.
 *
 * @param kind in a log format `$1` is no capture, and its errors are worded differently
 * @throws ConfError `invalid variable name`, `the closing bracket in "x" variable is missing`
 */
export function parseTemplate(source: string, place: Place, kind: 'value' | 'log' = 'value'): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  while (at < source.length) {
    const dollar = source.indexOf('$', at);
    const end = dollar < 0 ? source.length : dollar;
    if (end > at) parts.push(source.slice(at, end));
    if (dollar < 0) break;
    at = dollar + 1;
    const next = source.charAt(at);
    if (kind === 'value' && next >= '1' && next <= '9') {
      parts.push({ capture: Number(next) });
      at++;
      continue;
    }
    NAME.lastIndex = at;
    const [all = '', braced, close, bare] = NAME.exec(source) ?? [];
    const name = braced ?? bare ?? '';
    if (braced !== undefined && close === '' && source.length > at + 1) {
      throw new ConfError(`the closing bracket in "${name}" variable is missing`, place);
    }
    if (name === '') {
      const nameless = kind === 'value' ? 'invalid variable name' : `invalid parameter "${source.slice(dollar)}"`;
      throw new ConfError(nameless, place);
    }
    parts.push({ variable: name.toLowerCase() });
    at += all.length;
  }
  return parts;
}
