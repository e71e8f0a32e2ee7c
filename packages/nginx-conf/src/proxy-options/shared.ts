import type { GivenProxyOptions } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
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
