import type { Spec } from '../directive.js';
import { ConfError } from '../error.js';
import type { Scope } from '../scope.js';

/** Directives whose meaning reaches the proxy. What the table reads and is not in here would be ignored: it is refused by name. */
const SERVED: ReadonlySet<string> = words(`
    server listen server_name location return set error_page root alias absolute_redirect port_in_redirect server_name_in_redirect index max_ranges if_modified_since etag stub_status map types default_type log_format access_log
    client_max_body_size client_body_buffer_size client_body_in_file_only client_body_temp_path upstream ip_hash least_conn hash random keepalive keepalive_requests keepalive_time
    keepalive_timeout zone sticky resolver resolver_timeout sticky_sid websocket proxy_pass proxy_http_version proxy_set_header
    proxy_connect_timeout proxy_read_timeout proxy_send_timeout proxy_buffering
    proxy_request_buffering ssl_certificate ssl_certificate_key error_log include
    ssl_password_file ssl_dhparam ssl_protocols ssl_ciphers ssl_prefer_server_ciphers ssl_session_cache
    ssl_session_timeout ssl_session_tickets ssl_client_certificate ssl_verify_client ssl_verify_depth
    ssl_reject_handshake proxy_ssl_session_reuse proxy_ssl_protocols proxy_ssl_ciphers proxy_ssl_name
    proxy_ssl_server_name proxy_ssl_verify proxy_ssl_verify_depth proxy_ssl_trusted_certificate proxy_ssl_crl
    proxy_next_upstream proxy_next_upstream_tries proxy_next_upstream_timeout proxy_redirect proxy_hide_header
    proxy_pass_header proxy_method proxy_bind proxy_intercept_errors
    proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_password_file add_header
    set_real_ip_from real_ip_header real_ip_recursive client_header_timeout client_body_timeout
    large_client_header_buffers send_timeout keepalive_disable max_headers ignore_invalid_headers
    underscores_in_headers
  `);

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** True when the proxy, or the program around it, does what the directive says; false when it is refused. */
export function isCarriedOut({ name, contexts }: Pick<Spec, 'name' | 'contexts'>): boolean {
  return contexts.every((context) => context === 'main' || context === 'events') || SERVED.has(name);
}

/** @throws ConfError for the first directive in the order of the file that the proxy cannot follow yet */
export function checkServed(block: Scope): void {
  for (const { spec, directive, scope } of block.entries) {
    const { name } = spec;
    if (spec.accepted === undefined && !SERVED.has(name)) {
      throw new ConfError(`the "${name}" directive is not served by pinwheel`, directive);
    }
    if (scope !== undefined && name !== 'map' && name !== 'types') checkServed(scope);
  }
}
