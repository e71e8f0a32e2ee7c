import { isIPv6 } from 'node:net';
import { parseAddress } from '../text/address.js';
import type { InetAddress, UnixAddress } from '../text/address.js';
import {
  choices,
  complex,
  enumeration,
  file,
  flag,
  invalidParameter,
  msec,
  number,
  text,
} from '../declare/arguments.js';
import { area, directive } from '../declare/directive.js';
import type { Context, Site } from '../declare/directive.js';
import type { Regex } from '../values/regex.js';
import type { ComplexValue } from '../values/value.js';
import { scopeLocation } from './location.js';
import { TLS_PROTOCOLS } from './tls.js';

const LOCATION: readonly Context[] = ['http', 'server', 'location'];

/** `proxy_pass`. An `upstream` block of the name, anywhere in the file, takes precedence over a host of that name. */
export type ProxyPass =
  | {
      readonly kind: 'constant';
      readonly scheme: 'http' | 'https';
      /** Host and port as written, without the URI: the name of an upstream or an address. */
      readonly authority: string;
      readonly address: InetAddress | UnixAddress;
      /** Replaces the part of the path that the location matched; undefined passes the path on unchanged. */
      readonly uri: string | undefined;
    }
  | {
      readonly kind: 'variable';
      /** Evaluates to a whole URL for each request. A URI in it replaces the request's. */
      readonly url: ComplexValue;
    };

function readProxyPass([source = '']: readonly string[], site: Site): ProxyPass {
  const url = site.complex(source);
  if (!url.isConstant) return { kind: 'variable', url };
  const prefix = /^(https?):\/\//i.exec(source);
  if (prefix === null) return site.fail('invalid URL prefix');
  const rest = source.slice(prefix[0].length);
  const address = parseAddress(rest, { uri: true });
  if ('problem' in address) return site.fail(`${address.problem} in upstream "${rest}"`);
  const location = scopeLocation(site.scope);
  if (address.uri !== '' && (location?.kind === 'regex' || location?.kind === 'named')) {
    site.fail(
      '"proxy_pass" cannot have URI part in location given by regular expression, or inside named location, ' +
        'or inside "if" statement, or inside "limit_except" block',
    );
  }
  const end = address.uri === '' ? rest.length : rest.length - address.uri.length;
  return {
    kind: 'constant',
    scheme: prefix[1]?.toLowerCase() === 'https' ? 'https' : 'http',
    authority: 'unix' in address ? `unix:${address.unix}` : rest.slice(0, end),
    address,
    uri: address.uri === '' ? undefined : address.uri,
  };
}

/** `proxy_redirect`: how `Location` and `Refresh` fields of the upstream are rewritten. */
export type ProxyRedirect =
  | { readonly kind: 'off' }
  /** Replaces the URL of `proxy_pass` by the path of the location. */
  | { readonly kind: 'default' }
  | { readonly kind: 'prefix'; readonly from: ComplexValue; readonly to: ComplexValue }
  | { readonly kind: 'regex'; readonly regex: Regex; readonly to: ComplexValue };

function readProxyRedirect(args: readonly string[], site: Site): ProxyRedirect {
  const [from = '', to] = args;
  const before = site.scope.entries.filter(({ spec }) => spec.name === 'proxy_redirect');
  const isOff = from === 'off' && to === undefined;
  if (before.length > 0 && (isOff || before.some(({ value }) => (value as ProxyRedirect).kind === 'off'))) {
    site.reject('is duplicate');
  }
  if (to === undefined) {
    if (isOff) return { kind: 'off' };
    if (from !== 'default') return invalidParameter(from, site);
    const pass = site.scope.entries.find(({ spec }) => spec.name === 'proxy_pass')?.value as ProxyPass | undefined;
    if (pass === undefined) {
      site.fail('"proxy_redirect default" should be placed after the "proxy_pass" directive');
    } else if (pass.kind === 'variable') {
      site.fail('"proxy_redirect default" cannot be used with "proxy_pass" directive with variables');
    }
    return { kind: 'default' };
  }
  if (!from.startsWith('~')) return { kind: 'prefix', from: site.complex(from), to: site.complex(to) };
  const caseless = from.startsWith('~*');
  return { kind: 'regex', regex: site.regex(from.slice(caseless ? 2 : 1), caseless), to: site.complex(to) };
}

/** `proxy_bind`: the local address of connections to upstreams. */
export interface ProxyBind {
  readonly address: ComplexValue;
  readonly transparent: boolean;
}

function readProxyBind(args: readonly string[], site: Site): ProxyBind | 'off' {
  const [source = '', transparent] = args;
  if (source === 'off' && transparent === undefined) return 'off';
  const address = site.complex(source);
  if (address.isConstant) {
    const parsed = parseAddress(source);
    const isAddress = 'host' in parsed && parsed.isAddress && (parsed.port !== undefined || !source.startsWith('['));
    if (!isAddress && !isIPv6(source)) site.fail(`invalid address "${source}"`);
  }
  if (transparent === 'transparent') {
    site.fail('the "transparent" parameter of the "proxy_bind" directive is not served by pinwheel');
  }
  return transparent === undefined ? { address, transparent: false } : invalidParameter(transparent, site);
}

export interface SentHeader {
  readonly name: string;
  /** '' removes the field. */
  readonly value: ComplexValue;
}

const FAILURES = [
  'error',
  'timeout',
  'invalid_header',
  'non_idempotent',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
  'http_403',
  'http_404',
  'http_429',
  'off',
] as const;
/** A failure after which a request is retried on the next peer. */
export type NextUpstream = (typeof FAILURES)[number];

const HTTP_VERSIONS = enumeration('1.0', '1.1', '2');

/** Directives for passing requests to upstreams. */
export const proxy = area({
  proxy_pass: directive({ in: ['location'], args: 1, inherit: 'none', read: readProxyPass }),
  proxy_http_version: directive({
    in: LOCATION,
    args: 1,
    read: (args, site) => {
      const version = HTTP_VERSIONS(args, site);
      return version === '2' ? site.fail('HTTP/2 to upstreams is not served by pinwheel') : version;
    },
    default: '1.1',
    note: 'no HTTP/2; with 1.0, chunked bodies of up to 64 MiB',
  }),
  proxy_method: directive({ in: LOCATION, args: 1, read: complex }),
  proxy_set_header: directive({
    in: LOCATION,
    args: 2,
    inherit: 'list',
    read: ([name = '', value = ''], site): SentHeader => ({ name, value: site.complex(value) }),
  }),
  proxy_hide_header: directive({ in: LOCATION, args: 1, inherit: 'list', read: text }),
  proxy_pass_header: directive({
    in: LOCATION,
    args: 1,
    inherit: 'list',
    read: text,
    note: '`X-Accel-*` fields are passed on, never followed',
  }),
  proxy_redirect: directive({ in: LOCATION, args: [1, 2], inherit: 'list', read: readProxyRedirect }),
  proxy_connect_timeout: directive({ in: LOCATION, args: 1, read: msec, default: '60s' }),
  proxy_read_timeout: directive({ in: LOCATION, args: 1, read: msec, default: '60s' }),
  proxy_send_timeout: directive({ in: LOCATION, args: 1, read: msec, default: '60s' }),
  proxy_buffering: directive({ in: LOCATION, args: 'flag', read: flag, default: 'on' }),
  proxy_request_buffering: directive({
    in: LOCATION,
    args: 'flag',
    read: flag,
    default: 'on',
    note: 'buffers bodies of up to 1 MiB, in memory; longer ones are streamed',
  }),
  proxy_next_upstream: directive({
    in: LOCATION,
    args: [1, 9_999],
    read: choices(...FAILURES),
    default: 'error timeout',
  }),
  proxy_next_upstream_tries: directive({ in: LOCATION, args: 1, read: number, default: '0' }),
  proxy_next_upstream_timeout: directive({ in: LOCATION, args: 1, read: msec, default: '0' }),
  proxy_intercept_errors: directive({ in: LOCATION, args: 'flag', read: flag, default: 'off' }),
  proxy_bind: directive({ in: LOCATION, args: [1, 2], read: readProxyBind, note: 'no `transparent`' }),
  proxy_ssl_session_reuse: directive({ in: LOCATION, args: 'flag', read: flag, default: 'on' }),
  proxy_ssl_protocols: directive({
    in: LOCATION,
    args: [1, 9_999],
    read: choices(...TLS_PROTOCOLS),
    default: 'TLSv1.2 TLSv1.3',
  }),
  proxy_ssl_ciphers: directive({ in: LOCATION, args: 1, read: text, default: 'DEFAULT' }),
  proxy_ssl_name: directive({ in: LOCATION, args: 1, read: complex }),
  proxy_ssl_server_name: directive({ in: LOCATION, args: 'flag', read: flag, default: 'off' }),
  proxy_ssl_verify: directive({ in: LOCATION, args: 'flag', read: flag, default: 'off' }),
  proxy_ssl_verify_depth: directive({ in: LOCATION, args: 1, read: number, default: '1' }),
  proxy_ssl_trusted_certificate: directive({ in: LOCATION, args: 1, read: file }),
  proxy_ssl_crl: directive({ in: LOCATION, args: 1, read: file }),
  proxy_ssl_certificate: directive({ in: LOCATION, args: 1, read: file, note: 'no variables' }),
  proxy_ssl_certificate_key: directive({ in: LOCATION, args: 1, read: file, note: 'no variables' }),
  proxy_ssl_password_file: directive({ in: LOCATION, args: 1, read: file }),
});
