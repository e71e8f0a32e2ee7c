import { choices, enumeration, file, flag, number, sec, text } from '../declare/arguments.js';
import { area, directive } from '../declare/directive.js';
import type { Context, Site } from '../declare/directive.js';
import { ConfError } from '../text/error.js';
import type { Entry, Scope } from '../declare/scope.js';
import { parseInteger } from '../text/units.js';
import { zoneSize } from './core.js';
import type { Listen } from './listen.js';

/** Names that `ssl_protocols` and `proxy_ssl_protocols` take. */
export const TLS_PROTOCOLS = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsProtocol = (typeof TLS_PROTOCOLS)[number];

const SERVER: readonly Context[] = ['http', 'server'];

/** `ssl_session_cache`. */
export interface SessionCache {
  /** `none` offers resumption to clients and then resumes no session. */
  readonly kind: 'off' | 'none' | 'kept';
  /** Sessions kept in each worker; undefined without `builtin`. */
  readonly builtin: number | undefined;
  readonly shared: { readonly name: string; readonly size: number } | undefined;
}

function readSessionCache(args: readonly string[], site: Site): SessionCache {
  let kind: SessionCache['kind'] = 'kept';
  let builtin: number | undefined;
  let shared: SessionCache['shared'];
  for (const arg of args) {
    const invalid = `invalid session cache "${arg}"`;
    if (arg === 'off' || arg === 'none') kind = arg;
    else if (arg === 'builtin') builtin = 20_480;
    else if (arg.startsWith('builtin:')) builtin = parseInteger(arg.slice('builtin:'.length)) ?? site.fail(invalid);
    else {
      const [, name, given = ''] = /^shared:([^:]+):(.*)$/s.exec(arg) ?? [];
      if (name === undefined) return site.fail(invalid);
      const size = zoneSize(given);
      if (size === 'invalid') return site.fail(invalid);
      if (size === 'small') return site.fail(`session cache "${arg}" is too small`);
      shared = { name, size };
    }
  }
  return { kind, builtin, shared };
}

/** Directives for TLS with clients. */
export const tls = area({
  ssl_certificate: directive({ in: SERVER, args: 1, inherit: 'list', read: file, note: 'files only, no variables' }),
  ssl_certificate_key: directive({
    in: SERVER,
    args: 1,
    inherit: 'list',
    read: file,
    note: 'files only, no variables',
  }),
  ssl_password_file: directive({ in: SERVER, args: 1, read: file }),
  ssl_dhparam: directive({ in: SERVER, args: 1, read: file }),
  ssl_protocols: directive({
    in: SERVER,
    args: [1, 9_999],
    read: choices(...TLS_PROTOCOLS),
    default: 'TLSv1.2 TLSv1.3',
  }),
  ssl_ciphers: directive({ in: SERVER, args: 1, read: text, default: 'HIGH:!aNULL:!MD5' }),
  ssl_prefer_server_ciphers: directive({ in: SERVER, args: 'flag', read: flag, default: 'off' }),
  ssl_session_cache: directive({ in: SERVER, args: [1, 2], read: readSessionCache, default: 'none' }),
  ssl_session_timeout: directive({ in: SERVER, args: 1, read: sec, default: '5m' }),
  ssl_session_tickets: directive({ in: SERVER, args: 'flag', read: flag, default: 'on' }),
  ssl_client_certificate: directive({ in: SERVER, args: 1, read: file }),
  ssl_verify_client: directive({
    in: SERVER,
    args: 1,
    read: enumeration('off', 'on', 'optional', 'optional_no_ca'),
    default: 'off',
  }),
  ssl_verify_depth: directive({ in: SERVER, args: 1, read: number, default: '1' }),
  ssl_reject_handshake: directive({ in: SERVER, args: 'flag', read: flag, default: 'off' }),
});

function entriesNamed(scope: Scope, name: string): readonly Entry[] {
  return scope.entries.filter(({ spec }) => spec.name === name);
}

/** Checks at the end of `http` that every server with TLS has the certificates and keys that it needs. */
export function checkTls({ scope }: Entry): void {
  if (scope === undefined) return;
  for (const server of entriesNamed(scope, 'server')) {
    if (server.scope === undefined) continue;
    const certificates = server.scope.list(tls.ssl_certificate);
    const keys = server.scope.list(tls.ssl_certificate_key);
    if (keys.length < certificates.length) {
      throw new ConfError(
        `no "ssl_certificate_key" is defined for certificate "${certificates.at(-1) ?? ''}"`,
        server.directive,
      );
    }
    const verify = server.scope.get(tls.ssl_verify_client);
    if (
      certificates.length > 0 &&
      (verify === 'on' || verify === 'optional') &&
      server.scope.get(tls.ssl_client_certificate) === undefined
    ) {
      throw new ConfError('no ssl_client_certificate for ssl_verify_client', server.directive);
    }
  }
  checkAddresses(scope);
}

/** An address with TLS needs a certificate in its default server, or in every server that does not refuse handshakes. */
function checkAddresses(scope: Scope): void {
  const addresses = new Map<string, { readonly server: Entry; readonly listen: Listen }[]>();
  for (const server of entriesNamed(scope, 'server')) {
    if (server.scope === undefined) continue;
    for (const { value } of entriesNamed(server.scope, 'listen')) {
      const listen = value as Listen;
      const key = JSON.stringify(listen.address);
      addresses.set(key, [...(addresses.get(key) ?? []), { server, listen }]);
    }
  }
  for (const here of addresses.values()) {
    if (!here.some(({ listen }) => listen.ssl)) continue;
    const fallback = here.find(({ listen }) => listen.defaultServer) ?? here[0];
    const needing =
      fallback?.server.scope?.get(tls.ssl_reject_handshake) === true ? here : here.filter((one) => one === fallback);
    const bare = needing.find(
      ({ server }) =>
        server.scope?.list(tls.ssl_certificate).length === 0 && !server.scope.get(tls.ssl_reject_handshake),
    );
    if (bare === undefined) continue;
    throw new ConfError('no "ssl_certificate" is defined for the "listen ... ssl" directive', bare.server.directive);
  }
}
