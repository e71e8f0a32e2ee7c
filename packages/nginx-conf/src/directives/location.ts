import type { Site } from '../declare/directive.js';
import type { Regex } from '../values/regex.js';
import type { Scope } from '../declare/scope.js';

/**
 * The requests of a location. `prefix` with `noRegex` is `^~`: regular expressions are not tried after it.
 * `named` is for internal redirects only.
 */
export type Location =
  | { readonly kind: 'prefix'; readonly path: string; readonly noRegex: boolean }
  | { readonly kind: 'exact'; readonly path: string }
  | { readonly kind: 'regex'; readonly regex: Regex }
  | { readonly kind: 'named'; readonly name: string };

type Modifier = '' | '=' | '^~' | '~' | '~*';

/** A location's name in messages: its path, expression or name. */
export function locationName(location: Location): string {
  if (location.kind === 'regex') return location.regex.source;
  return location.kind === 'named' ? location.name : location.path;
}

function split(args: readonly string[], site: Site): { readonly modifier: Modifier; readonly text: string } {
  const [first = '', second] = args;
  if (second !== undefined) {
    if (first === '=' || first === '^~' || first === '~' || first === '~*') return { modifier: first, text: second };
    return site.fail(`invalid location modifier "${first}"`);
  }
  // The modifier may be written without a blank before the path.
  const joined = /^(?:=|\^~|~\*|~)/.exec(first)?.[0] as Modifier | undefined;
  return { modifier: joined ?? '', text: first.slice(joined?.length ?? 0) };
}

function toLocation(args: readonly string[], site: Site): Location {
  const { modifier, text } = split(args, site);
  switch (modifier) {
    case '=':
      return { kind: 'exact', path: text };
    case '~':
    case '~*':
      return { kind: 'regex', regex: site.regex(text, modifier === '~*') };
    case '^~':
      return { kind: 'prefix', path: text, noRegex: true };
    case '':
      if (text.startsWith('@') && args.length === 1) return { kind: 'named', name: text };
      return { kind: 'prefix', path: text, noRegex: false };
  }
}

function checkNesting(location: Location, outer: Location, site: Site): void {
  const name = locationName(location);
  const around = locationName(outer);
  if (outer.kind === 'exact') site.fail(`location "${name}" cannot be inside the exact location "${around}"`);
  if (outer.kind === 'named') site.fail(`location "${name}" cannot be inside the named location "${around}"`);
  if (location.kind === 'named') site.fail(`named location "${name}" can be on the server level only`);
  if (location.kind !== 'regex' && !name.startsWith(around)) {
    site.fail(`location "${name}" is outside location "${around}"`);
  }
}

/** The location that opened the scope; undefined for any other scope. */
export function scopeLocation(scope: Scope): Location | undefined {
  return scope.context === 'location' ? (scope.opener?.value as Location | undefined) : undefined;
}

/** `location [modifier] path`; refuses with nginx's messages. */
export function readLocation(args: readonly string[], site: Site): Location {
  const location = toLocation(args, site);
  const outer = scopeLocation(site.scope);
  if (outer !== undefined) checkNesting(location, outer, site);
  if (location.kind === 'exact' || location.kind === 'prefix') {
    const same = site.scope.entries.some((entry) => {
      if (entry.spec.name !== 'location') return false;
      const other = entry.value as Location;
      return other.kind === location.kind && other.path === location.path;
    });
    // nginx reports this after it has read the whole file.
    if (same) site.later(() => site.fail(`duplicate location "${location.path}"`));
  }
  return location;
}
