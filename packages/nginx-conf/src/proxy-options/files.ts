import type { GivenLocation } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import { MimeTypes } from '../directives/types.js';
import { fullPath } from '../text/parse.js';
import type { Scope } from '../declare/scope.js';
import type { ComplexValue, Value } from '../values/value.js';
import { locationName } from '../directives/location.js';
import type { Location } from '../directives/location.js';
import type { Surroundings } from './surroundings.js';

const BUILT_IN = MimeTypes.defaults().entries;

/** The content of a level without `return` and `proxy_pass`: the counts of `stub_status`, else files. */
export function contentOf(scope: Scope): Pick<GivenLocation, 'files' | 'stubStatus'> {
  if (scope.has(http.stub_status)) return { stubStatus: true };
  return {
    files: {
      indexes: scope.list(http.index).flatMap((names) => names.map(({ value }) => value)),
      contentType: contentTypeOf(scope),
      maxRanges: scope.get(http.max_ranges) ?? Number.MAX_SAFE_INTEGER,
      modifiedSince: scope.get(http.if_modified_since),
      etag: scope.get(http.etag),
    },
  };
}

/** `root` or `alias`, for files and for the variables that name them. A relative path starts from the prefix. */
export function rootOf(scope: Scope, { prefix }: Surroundings): Pick<GivenLocation, 'root' | 'aliased'> {
  let around: Scope | undefined = scope;
  while (around !== undefined && !around.has(http.root) && !around.has(http.alias)) around = around.parent;
  const alias = around?.own(http.alias).at(-1)?.value;
  if (around === undefined || alias === undefined) return { root: pathOf(scope.get(http.root), prefix, true) };
  return { root: pathOf(alias, prefix, false), aliased: lengthOf(around.opener?.value as Location) };
}

/** The number of characters of a path that an alias replaces. */
function lengthOf(location: Location): number {
  return location.kind === 'regex' ? Infinity : locationName(location).length;
}

function pathOf({ value, source }: ComplexValue, prefix: string, cut: boolean): Value {
  const withoutSlash = cut && source.endsWith('/');
  const path = (text: string): string =>
    fullPath(withoutSlash && text.endsWith('/') ? text.slice(0, -1) : text, prefix);
  // Without its last slash, "/" is the beginning of every path.
  if (cut && source === '/') return '';
  return typeof value === 'string' ? path(value) : (facts) => path(value(facts));
}

/** The type of a response: by the extension of the path (nginx: `types`), else `default_type`. */
export function contentTypeOf(scope: Scope): Value {
  const types = scope.get(http.types)?.entries ?? BUILT_IN;
  const other = scope.get(http.default_type);
  return ({ uri }) => types.get(extension(uri)) ?? other;
}

/** The extension of the last segment in lower case, '' without one. A dot at the beginning of a name starts no extension. */
function extension(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot <= path.lastIndexOf('/') + 1 ? '' : path.slice(dot + 1).toLowerCase();
}
