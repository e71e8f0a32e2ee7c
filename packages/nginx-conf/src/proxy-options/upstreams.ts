import type { GivenPeer, GivenUpstream } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import { proxy } from '../directives/proxy.js';
import type { ProxyPass } from '../directives/proxy.js';
import { upstream } from '../directives/upstream.js';
import type { UpstreamServer } from '../directives/upstream.js';
import { ConfError } from '../text/error.js';
import type { Place } from '../text/error.js';
import type { Scope } from '../declare/scope.js';
import { addressesOf } from './hosts.js';
import type { Surroundings } from './surroundings.js';
import { resolverOf } from './resolver.js';
import { stickyOf } from './sticky.js';

/** A tag, with which members' session ids begin. */
const TAG = /^[A-Za-z0-9_-]{1,64}$/;

/** An `upstream` block. */
export function upstreamOf(name: string, scope: Scope, around: Surroundings): GivenUpstream {
  const websocket = scope.get(upstream.websocket);
  const sticky = scope.get(upstream.sticky);
  const resolver = resolverOf(name, scope, around);
  return {
    name,
    peers: scope.own(upstream.server).flatMap(({ value, directive }) => peersOf(value, around, directive)),
    ...policyOf(scope),
    ...(websocket === undefined ? {} : { websocketPolicy: websocket }),
    ...(resolver === undefined ? {} : { resolver }),
    ...(sticky === undefined ? {} : { sticky: stickyOf(sticky) }),
    stickySid: scope.get(upstream.sticky_sid),
    shared: scope.has(upstream.zone),
    keepalive: {
      connections: scope.get(upstream.keepalive),
      shared: true,
      requests: Math.max(1, scope.get(upstream.keepalive_requests)),
      time: Math.max(1, scope.get(upstream.keepalive_time)),
      timeout: Math.max(1, scope.get(upstream.keepalive_timeout)),
    },
  };
}

/** The balancing method: the last of its directives counts. */
function policyOf(scope: Scope): Pick<GivenUpstream, 'policy' | 'hashKey'> {
  const given = scope.entries.findLast(({ spec }) => ['ip_hash', 'least_conn', 'hash', 'random'].includes(spec.name));
  switch (given?.spec.name) {
    case 'ip_hash':
      return { policy: 'ip_hash' };
    case 'least_conn':
      return { policy: 'least_conn' };
    case 'hash': {
      const [method] = scope.own(upstream.hash).slice(-1);
      if (method === undefined) break;
      const { key, consistent } = method.value;
      return { policy: consistent ? 'consistent_hash' : 'hash', hashKey: key.value };
    }
    case 'random':
      return { policy: scope.own(upstream.random).at(-1)?.value.two === true ? 'random_two' : 'random' };
  }
  return { policy: 'round_robin' };
}

/** A host name becomes one peer for each of its addresses. */
function peersOf(server: UpstreamServer, around: Surroundings, place: Place): GivenPeer[] {
  const { address } = server;
  const common = {
    server: server.source,
    weight: server.weight,
    maxFails: server.maxFails,
    failTimeout: Math.max(1, server.failTimeout),
    maxConns: server.maxConns,
    backup: server.backup,
    down: server.down,
    drain: server.drain,
    // A peer's name is also the tag of its session ids, if it can be one.
    ...(server.route === undefined ? {} : { id: server.route, ...(TAG.test(server.route) && { route: server.route }) }),
  };
  if ('unix' in address) return [{ ...common, host: `unix:${address.unix}`, port: 0 }];
  const { port, host: name } = address;
  if (server.resolve && !address.isAddress) {
    const { service, source } = server;
    if (service !== undefined && /:\d+$/.test(source)) {
      throw new ConfError(`service upstream "${source}" may not have port`, place);
    }
    return [{ ...common, host: name, port, resolve: true, ...(service === undefined ? {} : { service }) }];
  }
  return addressesOf(address, server.source, around, place).map((host) => ({ ...common, host, port }));
}

/** The upstreams for `proxy_pass http://host:port` without an `upstream` block of that name: each has that one server. */
export function implicitUpstreams(
  block: Scope,
  named: readonly GivenUpstream[],
  around: Surroundings,
): GivenUpstream[] {
  const found = new Map<string, GivenUpstream>();
  const visit = (scope: Scope): void => {
    for (const { value: pass, directive } of scope.own(proxy.proxy_pass)) {
      if (pass.kind === 'variable' || pass.scheme === 'https') continue;
      const name = pass.authority;
      if (found.has(name) || named.some((one) => one.name === name)) continue;
      found.set(name, { name, peers: passPeers(pass, around, directive) });
    }
    for (const { scope: inner } of scope.blocks(http.server)) visit(inner);
    for (const { scope: inner } of scope.blocks(http.location)) visit(inner);
  };
  visit(block);
  return [...found.values()];
}

/** The peers of a `proxy_pass` that names a host. */
export function passPeers(
  { address, scheme }: Extract<ProxyPass, { kind: 'constant' }>,
  around: Surroundings,
  place: Place,
): GivenPeer[] {
  if ('unix' in address) return [{ host: `unix:${address.unix}`, port: 0 }];
  const port = address.port ?? (scheme === 'https' ? 443 : 80);
  return addressesOf(address, address.host, around, place).map((host) => ({ host, port }));
}
