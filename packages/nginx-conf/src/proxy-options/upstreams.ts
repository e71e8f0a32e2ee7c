import type { GivenPeer, GivenUpstream, PolicyName } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import { proxy } from '../directives/proxy.js';
import type { ProxyPass } from '../directives/proxy.js';
import { upstream } from '../directives/upstream.js';
import type { UpstreamServer } from '../directives/upstream.js';
import { ConfError } from '../error.js';
import type { Scope } from '../scope.js';

/** An `upstream` block. */
export function upstreamOf(name: string, scope: Scope): GivenUpstream {
  const place = scope.opener?.directive ?? { file: '', line: 0 };
  const websocket = scope.get(upstream.websocket);
  if (websocket === 'random') throw new ConfError('"websocket random" is not served by pinwheel', place);
  return {
    name,
    peers: scope.own(upstream.server).map(({ value, directive }) => peerOf(value, directive)),
    policy: policyOf(scope),
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

function policyOf(scope: Scope): PolicyName {
  if (scope.has(upstream.ip_hash)) return 'ip_hash';
  return scope.has(upstream.least_conn) ? 'least_conn' : 'round_robin';
}

function peerOf(server: UpstreamServer, place: { readonly file: string; readonly line: number }): GivenPeer {
  const { address } = server;
  if ('unix' in address) throw new ConfError('servers on unix sockets are not served by pinwheel', place);
  if (server.resolve || server.service !== undefined) {
    throw new ConfError('the "resolve" parameter of the "server" directive is not served by pinwheel', place);
  }
  return {
    host: address.host,
    port: address.port,
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
  if (pass.kind !== 'constant' || pass.scheme === 'https' || 'unix' in pass.address) return undefined;
  return { name: pass.authority, peer: { host: pass.address.host, port: pass.address.port ?? 80 } };
}
