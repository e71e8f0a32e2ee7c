import { binaryAddress } from '../text/address.js';
import { seconds, timeIso8601, timeLocal } from './clock.js';
import type { Facts, TlsFact, UpstreamAttempt } from '@pinwheel/proxy';
import { argument, basicUser, cookie, setCookie } from './request-parts.js';
import type { Getter } from './value.js';

function number(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** One entry for each attempt: `, ` between attempts, ` : ` between upstreams; no value without an attempt. */
function perAttempt(format: (attempt: UpstreamAttempt) => string): Getter {
  return ({ upstreamAttempts }) => {
    if (upstreamAttempts.length === 0) return undefined;
    let out = '';
    upstreamAttempts.forEach((attempt, i) => {
      if (i > 0) out += attempt.afterRedirect === true ? ' : ' : ', ';
      out += format(attempt);
    });
    return out;
  };
}

function orDash(ms: number | undefined): string {
  return ms === undefined ? '-' : seconds(ms);
}

function forwardedFor(facts: Facts): string {
  const before = facts.requestHeader('x-forwarded-for');
  return before === undefined ? facts.remoteAddr : `${before}, ${facts.remoteAddr}`;
}

/** Not found when the request could not be parsed. */
function path({ uri }: Facts): string | undefined {
  return uri === '' ? undefined : uri;
}

function tls(fact: TlsFact): Getter {
  return (facts) => facts.tls(fact);
}

const TLS_FACTS: readonly TlsFact[] = [
  'protocol',
  'cipher',
  'server_name',
  'session_reused',
  'alpn_protocol',
  'early_data',
  'client_verify',
  'client_serial',
  'client_fingerprint',
  'client_s_dn',
  'client_i_dn',
  'client_v_start',
  'client_v_end',
  'client_v_remain',
  'client_cert',
  'client_raw_cert',
  'client_escaped_cert',
];

/** nginx's variables by name, without `$`. */
export const VARIABLES: ReadonlyMap<string, Getter> = new Map<string, Getter>([
  ['args', (facts) => facts.args],
  ['binary_remote_addr', (facts) => binaryAddress(facts.remoteAddr)],
  ['body_bytes_sent', (facts) => String(facts.bodyBytesSent)],
  ['bytes_sent', (facts) => String(facts.bytesSent)],
  ['connection', (facts) => String(facts.connection)],
  ['connection_requests', (facts) => String(facts.connectionRequests)],
  ['connection_time', (facts) => seconds(facts.now() - facts.connectionStart)],
  ['connections_active', (facts) => String(facts.connectionCounts().active)],
  ['connections_reading', (facts) => String(facts.connectionCounts().reading)],
  ['connections_waiting', (facts) => String(facts.connectionCounts().waiting)],
  ['connections_writing', (facts) => String(facts.connectionCounts().writing)],
  ['content_length', (facts) => facts.requestHeader('content-length')],
  ['content_type', (facts) => facts.requestHeader('content-type')],
  ['document_root', (facts) => facts.documentRoot],
  ['document_uri', path],
  ['host', (facts) => facts.host],
  ['hostname', (facts) => facts.hostname],
  ['https', (facts) => (facts.scheme === 'https' ? 'on' : '')],
  ['is_args', (facts) => (facts.args === undefined || facts.args === '' ? '' : '?')],
  ['msec', (facts) => seconds(facts.now())],
  ['pid', (facts) => String(facts.pid)],
  ['pipe', (facts) => (facts.pipelined ? 'p' : '.')],
  ['proxy_add_x_forwarded_for', forwardedFor],
  ['proxy_host', (facts) => facts.proxyHost],
  ['proxy_port', (facts) => facts.proxyPort],
  ['proxy_protocol_addr', (facts) => facts.proxyProtocol?.addr],
  ['proxy_protocol_port', (facts) => number(facts.proxyProtocol?.port)],
  ['proxy_protocol_server_addr', (facts) => facts.proxyProtocol?.serverAddr],
  ['proxy_protocol_server_port', (facts) => number(facts.proxyProtocol?.serverPort)],
  ['query_string', (facts) => facts.args],
  ['realip_remote_addr', (facts) => facts.realipRemoteAddr],
  ['realip_remote_port', (facts) => number(facts.realipRemotePort) ?? ''],
  ['realpath_root', (facts) => facts.realpathRoot],
  ['remote_addr', (facts) => facts.remoteAddr],
  ['remote_port', (facts) => number(facts.remotePort) ?? ''],
  ['remote_user', (facts) => basicUser(facts.requestHeader('authorization'))],
  ['request', (facts) => facts.requestLine],
  ['request_body', (facts) => facts.requestBody],
  ['request_completion', (facts) => (facts.completed ? 'OK' : '')],
  ['request_filename', (facts) => facts.requestFilename],
  ['request_id', (facts) => facts.requestId],
  ['request_length', (facts) => String(facts.requestLength)],
  ['request_method', (facts) => facts.requestMethod],
  ['request_time', (facts) => seconds(facts.now() - facts.requestStart)],
  ['request_uri', (facts) => facts.requestUri],
  ['scheme', (facts) => facts.scheme],
  ['server_addr', (facts) => facts.serverAddr],
  ['server_name', (facts) => facts.serverName],
  ['server_port', (facts) => number(facts.serverPort) ?? ''],
  ['server_protocol', (facts) => facts.serverProtocol],
  ['status', (facts) => String(facts.status).padStart(3, '0')],
  ['time_iso8601', (facts) => timeIso8601(facts.now())],
  ['time_local', (facts) => timeLocal(facts.now())],
  ['upstream_addr', perAttempt((attempt) => attempt.addr)],
  ['upstream_bytes_received', perAttempt((attempt) => String(attempt.bytesReceived))],
  ['upstream_bytes_sent', perAttempt((attempt) => String(attempt.bytesSent))],
  ['upstream_connect_time', perAttempt((attempt) => orDash(attempt.connectTime))],
  ['upstream_header_time', perAttempt((attempt) => orDash(attempt.headerTime))],
  ['upstream_response_length', perAttempt((attempt) => String(attempt.responseLength))],
  ['upstream_response_time', perAttempt((attempt) => orDash(attempt.responseTime))],
  ['upstream_status', perAttempt((attempt) => (attempt.status === 0 ? '-' : String(attempt.status)))],
  ['uri', path],
  ...TLS_FACTS.map((fact) => [`ssl_${fact}`, tls(fact)] as const),
]);

/** Families of variables: the rest of the name is the name of a field, an argument or a cookie. */
const PREFIXES: readonly (readonly [prefix: string, make: (name: string) => Getter])[] = [
  ['http_', (name) => (facts) => facts.requestHeader(name.replaceAll('_', '-'))],
  ['sent_http_', (name) => (facts) => facts.responseHeader(name.replaceAll('_', '-'))],
  ['upstream_http_', (name) => (facts) => facts.upstreamHeader(name.replaceAll('_', '-'))],
  ['upstream_cookie_', (name) => (facts) => setCookie(facts.upstreamSetCookies, name)],
  ['cookie_', (name) => (facts) => cookie(facts.requestHeader('cookie'), name)],
  ['arg_', (name) => (facts) => argument(facts.args, name)],
];

/** The function of one of nginx's variables; undefined for a name that is not supported. */
export function builtin(name: string): Getter | undefined {
  const exact = VARIABLES.get(name);
  if (exact !== undefined) return exact;
  const family = PREFIXES.find(([prefix]) => name.startsWith(prefix));
  return family?.[1](name.slice(family[0].length));
}

/** Variables that are equal for all requests of one connection to the same server with the same header fields. */
const STEADY: ReadonlySet<string> = new Set([
  'binary_remote_addr',
  'connection',
  'content_length',
  'content_type',
  'host',
  'hostname',
  'https',
  'pid',
  'proxy_add_x_forwarded_for',
  'proxy_host',
  'proxy_port',
  'proxy_protocol_addr',
  'proxy_protocol_port',
  'proxy_protocol_server_addr',
  'proxy_protocol_server_port',
  'realip_remote_addr',
  'realip_remote_port',
  'remote_addr',
  'remote_port',
  'remote_user',
  'scheme',
  'server_addr',
  'server_name',
  'server_port',
]);

/** See `Variables.isSteady`. */
export function isSteadyBuiltin(name: string): boolean {
  return STEADY.has(name) || name.startsWith('http_') || name.startsWith('cookie_');
}

/** Names of nginx's variables that are not supported here; the error names them. */
export const VARIABLES_NOT_SERVED: ReadonlySet<string> = new Set(
  `ancient_browser content_length_sent
  request_body_file ssl_ciphers ssl_curves ssl_session_id ssl_client_s_dn_legacy ssl_client_i_dn_legacy
  date_gmt date_local fastcgi_path_info fastcgi_script_name gzip_ratio http2 http3 invalid_referer
  limit_conn_status limit_rate limit_req_status memcached_key modern_browser msie nginx_version proxy_internal_body_length
  proxy_internal_chunked proxy_internal_connection quic request_port secure_link
  secure_link_expires slice_range ssl_client_sigalg ssl_curve ssl_ech_outer_server_name ssl_ech_status
  ssl_sigalg tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd uid_got uid_reset uid_set upstream_cache_age
  upstream_cache_last_modified upstream_cache_etag upstream_cache_status upstream_last_addr upstream_queue_time`.split(
    /\s+/,
  ),
);
