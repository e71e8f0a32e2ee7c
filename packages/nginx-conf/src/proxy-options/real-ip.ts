import type { GivenLocation, RealIpOptions } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import type { Scope } from '../declare/scope.js';

/**
 * The proxies that may set the client's address. The server's setting applies from the beginning of a request; the
 * location's is evaluated later, if the server's changed nothing, which is too late for a `return`.
 */
export function realIpOf(scope: Scope): Pick<GivenLocation, 'realIp'> {
  let server = scope;
  while (server.context === 'location' && server.parent !== undefined) server = server.parent;
  const first = settingsOf(server);
  const own = settingsOf(scope);
  const settings = scope.own(http.return).length > 0 || same(first, own) ? [first] : [first, own];
  const realIp = settings.filter(({ from }) => from.length > 0);
  return realIp.length === 0 ? {} : { realIp };
}

function settingsOf(scope: Scope): RealIpOptions {
  return {
    from: scope.list(http.set_real_ip_from).map((one) => (one === 'unix:' ? one : `${one.address}/${one.bits}`)),
    header: scope.get(http.real_ip_header),
    recursive: scope.get(http.real_ip_recursive),
  };
}

function same(one: RealIpOptions, other: RealIpOptions): boolean {
  return (
    one.header === other.header && one.recursive === other.recursive && one.from.join(' ') === other.from.join(' ')
  );
}
