import type { Facts, GivenLocation } from '@pinwheel/proxy';
import type { Location } from '../directives/location.js';
import { proxy } from '../directives/proxy.js';
import type { ProxyPass, ProxyRedirect } from '../directives/proxy.js';
import type { Scope } from '../declare/scope.js';

/** Rewrites a URL by one `proxy_redirect`; undefined when it does not apply. */
type Rewrite = (url: string, facts: Facts) => string | undefined;

/** `proxy_redirect`: the first directive of the nearest level that matches a URL rewrites it; without any, `default`. */
export function redirectOf(
  scope: Scope,
  pass: ProxyPass,
  location: Location | undefined,
): Pick<NonNullable<GivenLocation['pass']>, 'redirect'> {
  const given: readonly ProxyRedirect[] = scope.list(proxy.proxy_redirect);
  const rewrites = (given.length === 0 ? [{ kind: 'default' } as const] : given).flatMap(
    (one) => rewriteOf(one, pass, location) ?? [],
  );
  const [first, ...more] = rewrites;
  if (first === undefined) return {};
  if (more.length === 0) return { redirect: first };
  return {
    redirect: (url, facts) => {
      for (const rewrite of rewrites) {
        const rewritten = rewrite(url, facts);
        if (rewritten !== undefined) return rewritten;
      }
      return undefined;
    },
  };
}

function rewriteOf(one: ProxyRedirect, pass: ProxyPass, location: Location | undefined): Rewrite | undefined {
  switch (one.kind) {
    case 'off':
      return undefined;
    case 'default':
      return pass.kind === 'variable' ? undefined : usualRewrite(pass, location);
    case 'prefix':
      return (url, facts) => {
        const from = one.from.evaluate(facts);
        return url.startsWith(from) ? one.to.evaluate(facts) + url.slice(from.length) : undefined;
      };
    case 'regex':
      return (url, facts) => (one.regex.match(url, facts) ? one.to.evaluate(facts) : undefined);
  }
}

/** Replaces the URL of `proxy_pass` by the path of the location; without a URI, the upstream's root by ours. */
function usualRewrite(pass: Extract<ProxyPass, { kind: 'constant' }>, location: Location | undefined): Rewrite {
  const path = location?.kind === 'exact' || location?.kind === 'prefix' ? location.path : '';
  const base = `${pass.scheme}://${pass.authority}`;
  const [from, to] = pass.uri === undefined ? [`${base}/`, '/'] : [`${base}${pass.uri}`, path];
  return (url) => (url.startsWith(from) ? to + url.slice(from.length) : undefined);
}
