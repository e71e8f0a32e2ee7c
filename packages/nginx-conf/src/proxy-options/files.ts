import type { GivenLocation } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import { fullPath } from '../parse.js';
import type { Scope } from '../scope.js';
import type { Value } from '../value.js';
import { contentTypeOf } from './content-type.js';
import type { Surroundings } from './proxy-options.js';

/** What a level answers with that has neither `return` nor `proxy_pass`: the counts of `stub_status`, else files. */
export function contentOf(scope: Scope): Pick<GivenLocation, 'files' | 'stubStatus'> {
  if (scope.has(http.stub_status)) return { stubStatus: true };
  return {
    files: {
      indexes: scope.list(http.index).flatMap((names) => names.map(({ value }) => value)),
      contentType: contentTypeOf(scope),
    },
  };
}

/** `root`, for the files and for the variables that name them. A relative path starts from the prefix. */
export function rootOf(scope: Scope, { prefix }: Surroundings): Value {
  const root = scope.get(http.root);
  const { value, source } = root;
  const withoutSlash = source.endsWith('/');
  const path = (text: string): string =>
    fullPath(withoutSlash && text.endsWith('/') ? text.slice(0, -1) : text, prefix);
  // What is left of "/" is the beginning of every path.
  if (source === '/') return '';
  return typeof value === 'string' ? path(value) : (facts) => path(value(facts));
}
