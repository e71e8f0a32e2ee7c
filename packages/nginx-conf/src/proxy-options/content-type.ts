import type { Value } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import { MimeTypes } from '../directives/types.js';
import type { Scope } from '../declare/scope.js';

const BUILT_IN = MimeTypes.defaults().entries;

/** The type of an answer: that of the path's extension (nginx: `types`), else `default_type`. */
export function contentTypeOf(scope: Scope): Value {
  const types = scope.get(http.types)?.entries ?? BUILT_IN;
  const other = scope.get(http.default_type);
  return ({ uri }) => types.get(extension(uri)) ?? other;
}

/** What follows the last dot of the last segment, lower case; '' without one. A dot that begins a name begins no extension. */
function extension(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot <= path.lastIndexOf('/') + 1 ? '' : path.slice(dot + 1).toLowerCase();
}
