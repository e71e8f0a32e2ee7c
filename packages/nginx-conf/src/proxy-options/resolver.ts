import { hostPort } from '@pinwheel/protocol';
import type { GivenUpstream } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import type { Resolver } from '../directives/http.js';
import { upstream } from '../directives/upstream.js';
import { ConfError } from '../text/error.js';
import type { Place } from '../text/error.js';
import type { Scope } from '../declare/scope.js';
import type { Surroundings } from './surroundings.js';

type ResolverOptions = NonNullable<GivenUpstream['resolver']>;

const PORT = 53;
/** Stands for the name servers of the system; nginx has no such word. */
const SYSTEM = 'system';

/**
 * The name servers for `server ... resolve`: the `resolver` of the upstream, else that of `http`.
 *
 * @throws ConfError in nginx's words when there is none, or the upstream has no `zone`
 */
export function resolverOf(name: string, scope: Scope, around: Surroundings): ResolverOptions | undefined {
  const servers = scope.own(upstream.server).map(({ value }) => value);
  if (!servers.some(({ resolve, address }) => resolve && !('unix' in address) && !address.isAddress)) return undefined;
  const place = scope.opener?.directive ?? { file: '', line: 0 };
  if (!scope.has(upstream.zone)) {
    throw new ConfError(
      `resolving names at run time requires upstream "${name}" in ${place.file}:${place.line} to be in shared memory`,
    );
  }
  const outer = scope.parent ?? scope;
  const resolver = scope.get(upstream.resolver) ?? outer.get(http.resolver);
  if (resolver === undefined) {
    throw new ConfError(`no resolver defined to resolve names at run time in upstream "${name}"`, place);
  }
  const timeout = scope.get(upstream.resolver_timeout) ?? outer.get(http.resolver_timeout);
  return resolverOptions(resolver, timeout, place, around);
}

/** The `resolver` that applies in a location; undefined without one. */
export function locationResolver(scope: Scope, around: Surroundings): ResolverOptions | undefined {
  const resolver = scope.get(http.resolver);
  if (resolver === undefined) return undefined;
  const place = scope.opener?.directive ?? { file: '', line: 0 };
  return resolverOptions(resolver, scope.get(http.resolver_timeout), place, around);
}

function resolverOptions(resolver: Resolver, timeout: number, place: Place, around: Surroundings): ResolverOptions {
  return {
    servers: named(resolver).flatMap((server) => {
      if ('unix' in server) throw new ConfError('a name server on a unix socket is not served by pinwheel', place);
      const { host, port = PORT, isAddress } = server;
      const addresses = isAddress ? [host] : (around.addressesOf?.(host) ?? []);
      if (addresses.length === 0) throw new ConfError(`host not found in resolver "${host}"`, place);
      return addresses.map((one) => hostPort(one, port));
    }),
    ...(resolver.valid === undefined ? {} : { valid: Math.max(1, resolver.valid) }),
    ipv4: resolver.ipv4,
    ipv6: resolver.ipv6,
    timeout: Math.max(1, timeout),
  };
}

/** The name servers given by address. */
export function named({ servers }: Resolver): Resolver['servers'] {
  return servers.filter((server) => 'unix' in server || server.host !== SYSTEM);
}
