import type { Spec } from '../directive.js';
import { ConfError } from '../error.js';
import type { Scope } from '../scope.js';

/**
 * Directives whose meaning reaches the proxy. What the table reads and is not in here would be ignored, so it is refused
 * by name. The second list may stand only where it holds for everything: in `http`, or in the only server.
 */
const SERVED: ReadonlySet<string> = words(`
    server listen server_name location return set error_page root index stub_status map types default_type log_format access_log
    client_max_body_size upstream ip_hash least_conn hash random keepalive keepalive_requests keepalive_time
    keepalive_timeout zone sticky resolver resolver_timeout sticky_sid websocket proxy_pass proxy_http_version proxy_set_header
    proxy_connect_timeout proxy_read_timeout proxy_send_timeout proxy_buffering
    proxy_request_buffering ssl_certificate ssl_certificate_key error_log include
    ssl_password_file ssl_dhparam ssl_protocols ssl_ciphers ssl_prefer_server_ciphers ssl_session_cache
    ssl_session_timeout ssl_session_tickets ssl_client_certificate ssl_verify_client ssl_verify_depth
    ssl_reject_handshake proxy_ssl_session_reuse proxy_ssl_protocols proxy_ssl_ciphers proxy_ssl_name
    proxy_ssl_server_name proxy_ssl_verify proxy_ssl_verify_depth proxy_ssl_trusted_certificate
    proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_password_file add_header
    set_real_ip_from real_ip_header real_ip_recursive
  `);

const WHOLE_LISTENER: ReadonlySet<string> = words(`
    client_header_timeout client_body_timeout large_client_header_buffers keepalive_timeout
    keepalive_requests send_timeout
  `);

/** Served in an upstream, where the same name means another thing than in a server. */
const UPSTREAM_ONLY: ReadonlySet<string> = words('keepalive_time');

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** True when the proxy, or the program around it, does what the directive says; false when it is refused. */
export function isCarriedOut({ name, contexts }: Pick<Spec, 'name' | 'contexts'>): boolean {
  const outside = contexts.every((context) => context === 'main' || context === 'events');
  if (contexts.includes('upstream')) return SERVED.has(name);
  return outside || (SERVED.has(name) && !UPSTREAM_ONLY.has(name)) || WHOLE_LISTENER.has(name);
}

/** @throws ConfError for the first directive in the order of the file that the proxy cannot follow yet */
export function checkServed(block: Scope): void {
  const servers = block.entries.filter(({ spec, scope }) => spec.name === 'server' && scope !== undefined);
  check(block, servers.length === 1);
}

function check(scope: Scope, onlyServer: boolean): void {
  for (const { spec, directive, scope: inner } of scope.entries) {
    const { name } = spec;
    if (spec.accepted === undefined && !mayStand(name, scope, onlyServer)) {
      const where = WHOLE_LISTENER.has(name) ? ` in this place: it may stand in "http"` : '';
      throw new ConfError(`the "${name}" directive is not served by pinwheel${where}`, directive);
    }
    if (inner !== undefined && spec.name !== 'map' && spec.name !== 'types') check(inner, onlyServer);
  }
}

function mayStand(name: string, scope: Scope, onlyServer: boolean): boolean {
  if (scope.context === 'upstream') return SERVED.has(name);
  if (!WHOLE_LISTENER.has(name)) return SERVED.has(name) && !UPSTREAM_ONLY.has(name);
  return scope.context === 'http' || (scope.context === 'server' && onlyServer);
}
