import type { InetAddress, UnixAddress } from '../text/address.js';
import { http } from '../directives/http.js';
import { proxy } from '../directives/proxy.js';
import { upstream } from '../directives/upstream.js';
import { ConfError } from '../text/error.js';
import type { Place } from '../text/error.js';
import type { Configuration } from '../check/load.js';
import type { Scope } from '../declare/scope.js';
import type { Surroundings } from './surroundings.js';
import { named } from './resolver.js';

/**
 * The host names that nginx resolves when it reads a configuration, without duplicates: those of `server` without
 * `resolve`, and of `proxy_pass` without variables where no upstream has the name. Resolve them before `proxyOptions`.
 */
export function hostsToLookUp({ main }: Configuration): readonly string[] {
  const found = new Set<string>();
  const add = (address: InetAddress | UnixAddress): void => {
    if (!('unix' in address) && !address.isAddress) found.add(address.host);
  };
  const visit = (scope: Scope, names: ReadonlySet<string>): void => {
    for (const { value: pass } of scope.own(proxy.proxy_pass)) {
      if (pass.kind === 'constant' && !names.has(pass.authority)) add(pass.address);
    }
    for (const { value } of scope.own(http.resolver)) named(value).forEach(add);
    for (const { scope: inner } of scope.blocks(http.server)) visit(inner, names);
    for (const { scope: inner } of scope.blocks(http.location)) visit(inner, names);
  };
  for (const { scope: block } of main.blocks(http.http)) {
    const groups = block.blocks(upstream.upstream);
    for (const { scope } of groups) {
      for (const { value } of scope.own(upstream.server)) if (!value.resolve) add(value.address);
      for (const { value } of scope.own(upstream.resolver)) named(value).forEach(add);
    }
    visit(block, new Set(groups.map(({ value }) => value)));
  }
  return [...found];
}

/**
 * The addresses of a server, one peer each.
 *
 * @param shown how an error names the server
 * @throws ConfError in nginx's words for a name that has no address
 */
export function addressesOf(
  address: InetAddress,
  shown: string,
  around: Surroundings,
  place: Place,
): readonly string[] {
  if (address.isAddress || around.addressesOf === undefined) return [address.host];
  const found = around.addressesOf(address.host);
  if (found.length === 0) throw new ConfError(`host not found in upstream "${shown}"`, place);
  return found;
}
