import type { GivenListener, GivenLocation } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import type { Scope } from '../scope.js';

/** How requests are read on an address, as its default server says: which server they are for shows only then. */
export function headOf(server: Scope): NonNullable<GivenListener['head']> {
  const { number, size } = server.get(http.large_client_header_buffers);
  return {
    timeout: atLeastOne(server.get(http.client_header_timeout)),
    line: size,
    head: number * size,
    fields: Math.max(1, server.get(http.max_headers)),
    invalidNames: server.get(http.ignore_invalid_headers) ? 'ignore' : 'pass',
    underscores: server.get(http.underscores_in_headers),
  };
}

/** What the connection of a client goes by once its request has come to this level. */
export function connectionOf(scope: Scope): NonNullable<GivenLocation['connection']> {
  const { timeout, header = 0 } = scope.get(http.keepalive_timeout);
  return {
    bodyTimeout: atLeastOne(scope.get(http.client_body_timeout)),
    sendTimeout: atLeastOne(scope.get(http.send_timeout)),
    keepaliveTimeout: timeout,
    keepaliveHeader: header,
    keepaliveRequests: scope.get(http.keepalive_requests),
    keepaliveTime: scope.get(http.keepalive_time),
    keepaliveDisable: scope.get(http.keepalive_disable).flatMap((one) => (one === 'none' ? [] : [one])),
  };
}

/** nginx takes 0 for "at once". */
function atLeastOne(ms: number): number {
  return Math.max(1, ms);
}
