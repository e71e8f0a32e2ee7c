/** Directives of nginx that Pinwheel refuses. */
interface Refused {
  /** Heading in docs/directives.md. */
  readonly area: string;
  /** Follows `directive "x" is not served by pinwheel: `. */
  readonly reason: string;
  readonly names: readonly string[];
}

function refused(area: string, reason: string, names: string): Refused {
  return { area, reason, names: names.trim().split(/\s+/) };
}

/** Each prefix with each name: `fastcgi` and `pass` make `fastcgi_pass`. */
function family(prefixes: string, names: string): string {
  const all = names.trim().split(/\s+/);
  return prefixes
    .split(' ')
    .flatMap((prefix) => all.map((name) => `${prefix}_${name}`))
    .join(' ');
}

const CACHE = `cache cache_background_update cache_bypass cache_convert_head cache_key cache_lock cache_lock_age cache_lock_timeout
  cache_max_range_offset cache_methods cache_min_uses cache_path cache_purge cache_revalidate cache_use_stale cache_valid
  no_cache store store_access`;
const BACKEND = `pass bind socket_keepalive connect_timeout send_timeout read_timeout buffer_size next_upstream
  next_upstream_tries next_upstream_timeout`;
const CGI = `buffering request_buffering ignore_client_abort send_lowat pass_request_headers pass_request_body
  intercept_errors buffers busy_buffers_size force_ranges limit_rate max_temp_file_size temp_file_write_size
  param pass_header hide_header ignore_headers allow_upstream`;
const UPSTREAM_TLS = `ssl_session_reuse ssl_protocols ssl_ciphers ssl_name ssl_server_name ssl_verify ssl_verify_depth
  ssl_trusted_certificate ssl_crl ssl_certificate ssl_certificate_key ssl_certificate_cache ssl_password_file
  ssl_conf_command ssl_key_log`;

export const REFUSED: readonly Refused[] = [
  refused(
    'rewrite',
    'requests are not rewritten; use location, return, set and map',
    'rewrite if break try_files internal limit_except post_action',
  ),
  refused('access', 'there is no access control', 'allow deny satisfy auth_basic auth_basic_user_file auth_delay'),
  refused(
    'authorization',
    'there is no authorization',
    `auth_request auth_request_set auth_jwt auth_jwt_claim_set auth_jwt_header_set auth_jwt_key_cache auth_jwt_key_file
    auth_jwt_key_request auth_jwt_leeway auth_jwt_require auth_jwt_type auth_oidc oidc_provider auth_require
    secure_link secure_link_md5 secure_link_secret valid_referers referer_hash_bucket_size referer_hash_max_size`,
  ),
  refused(
    'limits',
    'rates and numbers of connections are not limited',
    `limit_conn limit_conn_dry_run limit_conn_log_level limit_conn_status limit_conn_zone limit_req
    limit_req_dry_run limit_req_log_level limit_req_status limit_req_zone limit_rate limit_rate_after proxy_limit_rate`,
  ),
  refused('cache', 'responses are not cached', family('proxy', CACHE)),
  refused(
    'proxy details',
    'this change of requests or responses is not supported',
    `proxy_allow_upstream proxy_cookie_domain proxy_cookie_flags proxy_cookie_path proxy_force_ranges
    proxy_ignore_client_abort proxy_ignore_headers proxy_pass_request_body proxy_pass_request_headers
    proxy_pass_trailers proxy_set_body proxy_ssl_certificate_cache proxy_ssl_conf_command
    proxy_ssl_key_log tunnel_pass`,
  ),
  refused(
    'other protocols to upstreams',
    'upstreams speak HTTP/1; use proxy_pass',
    `${family('fastcgi', `${BACKEND} ${CGI} ${CACHE} index split_path_info catch_stderr keep_conn`)}
    ${family('uwsgi', `${BACKEND} ${CGI} ${CACHE} ${UPSTREAM_TLS} modifier1 modifier2 string`)}
    ${family('scgi', `${BACKEND} ${CGI} ${CACHE}`)}
    ${family('grpc', `${BACKEND} ${UPSTREAM_TLS} intercept_errors set_header pass_header hide_header ignore_headers allow_upstream`)}
    ${family('memcached', `${BACKEND} gzip_flag allow_upstream`)}`,
  ),
  refused(
    'compression',
    'responses are passed on unchanged',
    `gzip gzip_buffers gzip_comp_level gzip_disable gzip_hash gzip_http_version gzip_min_length gzip_no_buffer
    gzip_proxied gzip_static gzip_types gzip_vary gzip_window postpone_gzipping gunzip gunzip_buffers brotli
    brotli_static brotli_types brotli_comp_level`,
  ),
  refused(
    'filters',
    'bodies are not changed',
    `sub_filter sub_filter_last_modified sub_filter_once sub_filter_types add_before_body add_after_body addition_types
    charset charset_map charset_types override_charset source_charset ssi ssi_ignore_recycled_buffers
    ssi_last_modified ssi_min_file_chunk ssi_silent_errors ssi_types ssi_value_length slice image_filter
    image_filter_buffer image_filter_interlace image_filter_jpeg_quality image_filter_sharpen
    image_filter_transparency image_filter_webp_quality xml_entities xslt_last_modified xslt_param xslt_string_param
    xslt_stylesheet xslt_types expires add_trailer add_trailer_inherit add_header_inherit early_hints`,
  ),
  refused(
    'files',
    'files are served as they are',
    `autoindex autoindex_exact_size autoindex_format autoindex_localtime random_index dav_access dav_methods
    create_full_put_path min_delete_depth flv mp4 mp4_buffer_size mp4_limit_rate mp4_limit_rate_after
    mp4_max_buffer_size mp4_start_key_frame f4f f4f_buffer_size hls hls_buffers hls_forward_args hls_fragment
    hls_mp4_buffer_size hls_mp4_max_buffer_size empty_gif disable_symlinks
    open_file_cache_events`,
  ),
  refused('sub-requests', 'a request is passed to one upstream', 'mirror mirror_request_body'),
  refused('request bodies', 'bodies are not kept in files', 'client_body_in_file_only'),
  refused(
    'request parsing',
    'requests are parsed by fixed rules',
    `chunked_transfer_encoding keepalive_min_timeout merge_slashes msie_padding msie_refresh recursive_error_pages`,
  ),
  refused(
    'variables',
    'this source of variables is not supported; use map',
    `geo geoip_city geoip_country geoip_org geoip_proxy geoip_proxy_recursive split_clients ancient_browser
    ancient_browser_value modern_browser modern_browser_value num_map userid userid_domain userid_expires userid_flags
    userid_mark userid_name userid_p3p userid_path userid_service keyval keyval_zone`,
  ),
  refused(
    'HTTP/2 and HTTP/3',
    'clients are served over HTTP/1',
    `http2 http2_body_preread_size http2_chunk_size http2_idle_timeout http2_max_concurrent_pushes
    http2_max_concurrent_streams http2_max_field_size http2_max_header_size http2_max_requests http2_pool_size
    http2_push http2_push_preload http2_recv_buffer_size http2_recv_timeout http2_streams_index_size http3 http3_hq
    http3_max_concurrent_streams http3_max_field_size http3_max_table_capacity http3_stream_buffer_size
    quic_active_connection_id_limit quic_bpf quic_gso quic_host_key quic_retry spdy_chunk_size spdy_headers_comp`,
  ),
  refused(
    'TLS details',
    'this part of TLS is not supported',
    `ssl ssl_certificate_cache ssl_certificate_compression ssl_conf_command ssl_crl ssl_early_data ssl_ecdh_curve
    ssl_ech_file ssl_engine ssl_key_log ssl_object_cache_inheritable ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder
    ssl_session_ticket_key ssl_stapling ssl_stapling_file ssl_stapling_responder ssl_stapling_verify
    ssl_trusted_certificate`,
  ),
  refused(
    'upstream details',
    'this way of balancing is not supported',
    'least_time queue ntlm state sticky_cookie_insert health_check match peers upstream_conf',
  ),
  refused('modules', 'there are no loadable modules', 'load_module google_perftools_profiles'),
  refused(
    'scripting',
    'there are no scripts',
    `perl perl_modules perl_require perl_set js_access js_access_timeout js_body_filter js_content js_context_reuse js_engine
    js_fetch_buffer_size js_fetch_ciphers js_fetch_keepalive js_fetch_keepalive_requests js_fetch_keepalive_time
    js_fetch_keepalive_timeout js_fetch_max_response_buffer_size js_fetch_protocols js_fetch_proxy js_fetch_timeout
    js_fetch_trusted_certificate js_fetch_verify js_fetch_verify_depth js_filter js_header_filter js_import js_include
    js_load_http_native_module js_load_stream_native_module js_path js_periodic js_preload_object js_preread js_set
    js_shared_dict_zone js_var`,
  ),
  refused(
    'status and telemetry',
    'the balancer has no such page',
    `api status status_format status_zone session_log session_log_format session_log_zone mgmt otel_exporter
    otel_service_name otel_resource_attr otel_span_attr otel_span_name otel_trace otel_trace_context`,
  ),
  refused(
    'TCP, UDP and mail',
    'only HTTP is balanced',
    `stream mail ssl_preread preread_buffer_size preread_timeout proxy_download_rate proxy_half_close proxy_protocol
    proxy_protocol_timeout proxy_requests proxy_responses proxy_session_drop proxy_ssl proxy_timeout proxy_upload_rate
    ssl_alpn ssl_handshake_timeout pass auth_http auth_http_header auth_http_pass_client_cert
    auth_http_timeout imap_auth imap_capabilities imap_client_buffer max_errors pop3_auth pop3_capabilities protocol
    proxy_buffer proxy_pass_error_message proxy_smtp_auth smtp_auth smtp_capabilities smtp_client_buffer
    smtp_greeting_delay starttls timeout xclient mqtt mqtt_buffers mqtt_preread mqtt_rewrite_buffer_size mqtt_set_connect
    zone_sync zone_sync_server`,
  ),
];

/** Why a directive is refused; undefined when it is served, accepted or unknown. */
export const REASONS: ReadonlyMap<string, string> = new Map(
  REFUSED.flatMap(({ reason, names }) => names.map((name) => [name, reason] as const)),
);
