import type { GivenListener, GivenLocation } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import type { Scope } from '../declare/scope.js';

/**
 * The limits for reading requests on an address. They come from its default server, because the server of a request is
 * known only after its `Host`. From then on nginx uses the buffers of that server, so the largest buffers of all
 * servers limit the length of a header line.
 *
 * @param all servers of the address
 */
export function headOf(server: Scope, all: readonly Scope[]): NonNullable<GivenListener['head']> {
  const buffers = all.map((one) => one.get(http.large_client_header_buffers));
  return {
    timeout: atLeastOne(server.get(http.client_header_timeout)),
    line: server.get(http.large_client_header_buffers).size,
    fieldLine: Math.max(...buffers.map(({ size }) => size)),
    head: Math.max(...buffers.map(({ number, size }) => number * size)),
    fields: Math.max(1, server.get(http.max_headers)),
    invalidNames: server.get(http.ignore_invalid_headers) ? 'ignore' : 'pass',
    underscores: server.get(http.underscores_in_headers),
  };
}

/** The limits of a client's connection after its request has reached this level. */
export function connectionOf(scope: Scope): NonNullable<GivenLocation['connection']> {
  return {
    bodyTimeout: atLeastOne(scope.get(http.client_body_timeout)),
    sendTimeout: atLeastOne(scope.get(http.send_timeout)),
    keepaliveTimeout: scope.get(http.keepalive_timeout).timeout,
    keepaliveHeader: keepaliveHeader(scope),
    keepaliveRequests: scope.get(http.keepalive_requests),
    keepaliveTime: scope.get(http.keepalive_time),
  };
}

/** The second argument is inherited where the first is given alone. */
function keepaliveHeader(scope: Scope): number {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const header = level.own(http.keepalive_timeout).at(-1)?.value.header;
    if (header !== undefined) return header;
  }
  return 0;
}

/** nginx takes 0 for "at once". */
function atLeastOne(ms: number): number {
  return Math.max(1, ms);
}
