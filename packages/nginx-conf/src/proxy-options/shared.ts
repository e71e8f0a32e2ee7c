import type { GivenListener, GivenProxyOptions } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import type { Listen } from '../directives/listen.js';
import { ConfError } from '../error.js';
import type { Scope } from '../scope.js';

/** What holds for all servers: read at the only one, else in `http`. */
export function sharedOptions(
  block: Scope,
  servers: readonly { readonly scope: Scope }[],
): Pick<GivenProxyOptions, 'timeouts' | 'limits'> {
  const level = servers.length === 1 ? (servers[0]?.scope ?? block) : block;
  const buffers = level.get(http.large_client_header_buffers);
  return {
    timeouts: {
      clientHeader: atLeastOne(level.get(http.client_header_timeout)),
      clientBody: atLeastOne(level.get(http.client_body_timeout)),
      keepalive: atLeastOne(level.get(http.keepalive_timeout).timeout),
      send: atLeastOne(level.get(http.send_timeout)),
    },
    limits: {
      line: buffers.size,
      head: buffers.size * buffers.number,
      requests: Math.max(1, level.get(http.keepalive_requests)),
    },
  };
}

/** nginx takes 0 for "at once". */
function atLeastOne(ms: number): number {
  return Math.max(1, ms);
}

/** The listener of the first server that names the address. */
export function listenerOf(listen: Listen, server: Scope): GivenListener {
  const { address, backlog } = listen;
  const place = server.opener?.directive ?? { file: '', line: 0 };
  if ('unix' in address) throw new ConfError(`"listen unix:${address.unix}" is not served by pinwheel`, place);
  if (address.lastPort !== undefined) throw new ConfError('a range of ports is not served by pinwheel', place);
  if (listen.proxyProtocol) throw new ConfError('the "proxy_protocol" parameter is not served by pinwheel', place);
  return {
    host: address.host === '*' ? '0.0.0.0' : address.host,
    port: address.port,
    backlog,
    trustedProxies: trusted(server),
  };
}

/** `set_real_ip_from` with the settings that the proxy follows. */
function trusted(server: Scope): readonly string[] {
  const blocks = server.list(http.set_real_ip_from);
  if (blocks.length === 0) return [];
  const place = server.opener?.directive ?? { file: '', line: 0 };
  if (server.get(http.real_ip_header).toLowerCase() !== 'x-forwarded-for') {
    throw new ConfError('"real_ip_header" other than X-Forwarded-For is not served by pinwheel', place);
  }
  if (!server.get(http.real_ip_recursive)) {
    throw new ConfError('"real_ip_recursive off" is not served by pinwheel', place);
  }
  return blocks.map((one) => {
    if (one === 'unix:') throw new ConfError('"set_real_ip_from unix:" is not served by pinwheel', place);
    return `${one.address}/${one.bits}`;
  });
}
