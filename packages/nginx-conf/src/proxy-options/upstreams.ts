import type { GivenPeer, GivenUpstream } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import { proxy } from '../directives/proxy.js';
import type { ProxyPass } from '../directives/proxy.js';
import { upstream } from '../directives/upstream.js';
import type { UpstreamServer } from '../directives/upstream.js';
import { ConfError } from '../error.js';
import type { Scope } from '../scope.js';

/** An `upstream` block. */
export function upstreamOf(name: string, scope: Scope): GivenUpstream {
  const websocket = scope.get(upstream.websocket);
  return {
    name,
    peers: scope.own(upstream.server).map(({ value, directive }) => peerOf(value, directive)),
    ...policyOf(scope),
    ...(websocket === undefined ? {} : { websocketPolicy: websocket }),
    stickySid: scope.get(upstream.sticky_sid),
    keepalive: {
      connections: scope.get(upstream.keepalive),
      requests: Math.max(1, scope.get(upstream.keepalive_requests)),
      time: Math.max(1, scope.get(upstream.keepalive_time)),
      timeout: Math.max(1, scope.get(upstream.keepalive_timeout)),
    },
  };
}

/** The last of the directives that choose how peers are picked counts. */
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

function peerOf(server: UpstreamServer, place: { readonly file: string; readonly line: number }): GivenPeer {
  const { address } = server;
  if (server.resolve || server.service !== undefined) {
    throw new ConfError('the "resolve" parameter of the "server" directive is not served by pinwheel', place);
  }
  return {
    ...('unix' in address ? { host: `unix:${address.unix}`, port: 0 } : { host: address.host, port: address.port }),
    server: server.source,
    weight: server.weight,
    maxFails: server.maxFails,
    failTimeout: Math.max(1, server.failTimeout),
    maxConns: server.maxConns,
    backup: server.backup,
    down: server.down,
    drain: server.drain,
    ...(server.route === undefined ? {} : { route: server.route }),
  };
}

/** `proxy_pass http://host:port` without an `upstream` block of that name: a group of that one server. */
export function implicitUpstreams(block: Scope, named: readonly GivenUpstream[]): GivenUpstream[] {
  const found = new Map<string, GivenUpstream>();
  const visit = (scope: Scope): void => {
    for (const { value: pass } of scope.own(proxy.proxy_pass)) {
      const address = addressOf(pass);
      if (address === undefined || named.some(({ name }) => name === address.name)) continue;
      found.set(address.name, { name: address.name, peers: [address.peer] });
    }
    for (const { scope: inner } of scope.blocks(http.server)) visit(inner);
    for (const { scope: inner } of scope.blocks(http.location)) visit(inner);
  };
  visit(block);
  return [...found.values()];
}

function addressOf(pass: ProxyPass): { name: string; peer: GivenPeer } | undefined {
  if (pass.kind !== 'constant' || pass.scheme === 'https') return undefined;
  if ('unix' in pass.address) return { name: pass.authority, peer: { host: pass.authority, port: 0 } };
  return { name: pass.authority, peer: { host: pass.address.host, port: pass.address.port ?? 80 } };
}
