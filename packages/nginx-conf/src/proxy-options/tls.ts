import { createHash } from 'node:crypto';
import type { GivenListener, GivenServer, GivenNamedTls, GivenTls, GivenUpstream, TlsVersion } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import { proxy } from '../directives/proxy.js';
import type { ProxyPass } from '../directives/proxy.js';
import { tls } from '../directives/tls.js';
import type { SessionCache, TlsProtocol } from '../directives/tls.js';
import type { Spec } from '../declare/directive.js';
import type { Place } from '../text/error.js';
import { ConfError } from '../text/error.js';
import type { Scope } from '../declare/scope.js';
import type { Surroundings } from './surroundings.js';
import { checkCiphers, TlsFiles } from './tls-files.js';
import { passPeers } from './upstreams.js';

/** A server of an address, with its names. */
export interface AddressServer {
  readonly scope: Scope;
  readonly options: GivenServer;
}

type TlsListener = NonNullable<GivenListener['tls']>;

/**
 * The TLS options of an address: those of the default server, and those of the other servers by name.
 *
 * @param servers all that listen on the address, in the order of the file
 */
export function listenerTls(servers: readonly AddressServer[], index: number, around: Surroundings): TlsListener {
  const fallback = servers.find(({ options }) => options.defaultFor?.includes(index)) ?? servers[0];
  if (fallback === undefined) throw new TypeError('an address without a server');
  const { scope } = fallback;
  const named = servers.map(({ scope: one, options }): GivenNamedTls => {
    const regexes = one
      .own(http.server_name)
      .flatMap(({ value }) => value)
      .flatMap((name) => ('regex' in name ? [name.regex.regexp] : []));
    return {
      names: options.names ?? [],
      expressions: regexes.map((regexp) => (name: string) => regexp.exec(name) !== null),
      tls: serverTls(one, around, scope),
    };
  });
  return {
    ...serverTls(scope, around, scope),
    handshakeTimeout: Math.max(1, scope.get(http.client_header_timeout)),
    ...(named.length > 1 ? { named } : {}),
  };
}

/** @param fallback the default server; a server without certificates uses its handshake */
function serverTls(server: Scope, around: Surroundings, fallback: Scope): GivenTls {
  if (server.get(tls.ssl_reject_handshake)) return { cert: [], key: [] };
  const certificates = server.list(tls.ssl_certificate);
  if (certificates.length === 0 && server !== fallback) return serverTls(fallback, around, fallback);
  const keys = server.list(tls.ssl_certificate_key);
  const dhparam = server.get(tls.ssl_dhparam);
  const clientCa = server.get(tls.ssl_client_certificate);
  const files = new TlsFiles(around);
  const passphrases = files.passwords(server.get(tls.ssl_password_file), placeOf(server, tls.ssl_password_file));
  const pairs = certificates.map((path, i) => files.pair(path, keys[i] ?? '', passphrases));
  return {
    cert: pairs.map(({ cert }) => cert),
    key: pairs.map(({ key }) => key),
    passphrases,
    protocols: versionsOf(server.get(tls.ssl_protocols), server.opener?.directive),
    ciphers: checkCiphers(server.get(tls.ssl_ciphers)),
    preferServerCiphers: server.get(tls.ssl_prefer_server_ciphers),
    ...(dhparam === undefined ? {} : { dhparam: files.dhparam(dhparam) }),
    sessionTimeout: Math.max(1, server.get(tls.ssl_session_timeout)),
    sessionTickets: server.get(tls.ssl_session_tickets) && server.get(tls.ssl_session_cache).kind !== 'off',
    ...sessionCacheOf(server.get(tls.ssl_session_cache)),
    verifyClient: server.get(tls.ssl_verify_client),
    verifyDepth: server.get(tls.ssl_verify_depth),
    ...(clientCa === undefined ? {} : { clientCa: files.authorities(clientCa) }),
  };
}

/** The place of the directive that applies here. */
function placeOf(scope: Scope, spec: Spec): Place | undefined {
  const own = scope.entries.findLast((entry) => entry.spec === spec)?.directive;
  return own ?? (scope.parent === undefined ? undefined : placeOf(scope.parent, spec));
}

function sessionCacheOf({ kind, builtin, shared }: SessionCache): Partial<GivenTls> {
  if (kind !== 'kept') return {};
  // nginx: a megabyte holds about 4,000 sessions.
  if (shared !== undefined) return { sessionCache: Math.floor(shared.size / 262), sessionCacheName: shared.name };
  return { sessionCache: builtin ?? 0 };
}

/** The options by which the server verifies certificates of clients. */
export function verificationOf(server: Scope): Pick<GivenServer, 'verifyClient'> {
  return { verifyClient: server.get(tls.ssl_verify_client) };
}

function versionsOf(given: readonly TlsProtocol[], place: { file: string; line: number } | undefined): TlsVersion[] {
  const served = given.filter((one): one is TlsVersion => one !== 'SSLv2' && one !== 'SSLv3');
  if (served.length === 0) throw new ConfError('SSLv2 and SSLv3 are not served by pinwheel', place);
  return served;
}

type ConstantPass = Extract<ProxyPass, { kind: 'constant' }>;

/** Name of the upstream of a location with `proxy_pass https://`: there is one for each group of peers and TLS settings. */
export function tlsGroupName(scope: Scope, pass: ConstantPass): string {
  const name = scope.get(proxy.proxy_ssl_name);
  const settings = JSON.stringify([
    name?.source ?? '',
    scope.get(proxy.proxy_ssl_server_name),
    scope.get(proxy.proxy_ssl_verify),
    scope.get(proxy.proxy_ssl_verify_depth),
    scope.get(proxy.proxy_ssl_trusted_certificate) ?? '',
    scope.get(proxy.proxy_ssl_crl) ?? '',
    scope.get(proxy.proxy_ssl_protocols),
    scope.get(proxy.proxy_ssl_ciphers),
    scope.get(proxy.proxy_ssl_certificate) ?? '',
    scope.get(proxy.proxy_ssl_certificate_key) ?? '',
    scope.get(proxy.proxy_ssl_password_file) ?? '',
    scope.get(proxy.proxy_ssl_session_reuse),
  ]);
  return `https://${pass.authority}#${createHash('sha256').update(settings).digest('hex').slice(0, 12)}`;
}

/** The upstreams of all locations with `proxy_pass https://`. */
export function tlsUpstreams(block: Scope, named: readonly GivenUpstream[], around: Surroundings): GivenUpstream[] {
  const found = new Map<string, GivenUpstream>();
  const visit = (scope: Scope): void => {
    for (const { value: pass, directive } of scope.own(proxy.proxy_pass)) {
      if (pass.kind !== 'constant' || pass.scheme !== 'https' || 'unix' in pass.address) continue;
      const name = tlsGroupName(scope, pass);
      const { authority } = pass;
      const base = named.find((one) => one.name === authority) ?? { peers: passPeers(pass, around, directive) };
      if (!found.has(name)) found.set(name, { ...base, name, tls: upstreamTls(scope, authority, around) });
    }
    for (const { scope: inner } of scope.blocks(http.server)) visit(inner);
    for (const { scope: inner } of scope.blocks(http.location)) visit(inner);
  };
  visit(block);
  return [...found.values()];
}

/** TLS options for connections to a host, from the `proxy_ssl_*` of a location. */
export function upstreamTls(scope: Scope, host: string, around: Surroundings): NonNullable<GivenUpstream['tls']> {
  const ca = scope.get(proxy.proxy_ssl_trusted_certificate);
  const crl = scope.get(proxy.proxy_ssl_crl);
  const cert = scope.get(proxy.proxy_ssl_certificate);
  const key = scope.get(proxy.proxy_ssl_certificate_key);
  const name = scope.get(proxy.proxy_ssl_name);
  const verify = scope.get(proxy.proxy_ssl_verify);
  const place = scope.opener?.directive;
  if (verify && ca === undefined) {
    throw new ConfError('no proxy_ssl_trusted_certificate for proxy_ssl_verify', place);
  }
  if (cert !== undefined && key === undefined) {
    throw new ConfError(`no "proxy_ssl_certificate_key" is defined for certificate "${cert}"`, place);
  }
  const files = new TlsFiles(around);
  const passphrases = files.passwords(
    scope.get(proxy.proxy_ssl_password_file),
    placeOf(scope, proxy.proxy_ssl_password_file),
  );
  return {
    name: name?.isConstant === true ? name.source : host,
    host,
    sendName: scope.get(proxy.proxy_ssl_server_name),
    verify,
    verifyDepth: scope.get(proxy.proxy_ssl_verify_depth),
    ...(ca === undefined ? {} : { ca: files.authorities(ca) }),
    // nginx does not read the file without verification either.
    ...(crl === undefined || !verify ? {} : { crl: files.crl(crl) }),
    protocols: versionsOf(scope.get(proxy.proxy_ssl_protocols), place),
    ciphers: checkCiphers(scope.get(proxy.proxy_ssl_ciphers)),
    ...(cert === undefined || key === undefined ? {} : files.pair(cert, key, passphrases)),
    passphrases,
    sessionReuse: scope.get(proxy.proxy_ssl_session_reuse),
  };
}
