import { area, directive } from '../declare/directive.js';
import type { Context, Site } from '../declare/directive.js';
import {
  buffers,
  enumeration,
  flag,
  invalidParameter,
  msec,
  number,
  offset,
  parameter,
  present,
  size,
  text,
  variableName,
} from '../declare/arguments.js';
import { hasLowBits, parseAddress, parseCidr } from '../text/address.js';
import type { Cidr, InetAddress, UnixAddress } from '../text/address.js';
import { VariableMap } from '../values/map.js';
import { parseInteger, parseMilliseconds, parseSeconds } from '../text/units.js';
import type { Entry } from '../declare/scope.js';
import type { ComplexValue } from '../values/value.js';
import { readLocation } from './location.js';
import { readListen } from './listen.js';
import { readServerName } from './server-name.js';
import { checkTls } from './tls.js';
import { MimeTypes } from './types.js';

const SERVER: readonly Context[] = ['http', 'server'];
const LOCATION: readonly Context[] = ['http', 'server', 'location'];

export interface KeepaliveTimeout {
  /** Milliseconds; 0 closes every connection after its request. */
  readonly timeout: number;
  /** Seconds for the `Keep-Alive: timeout=` field; none without it. */
  readonly header: number | undefined;
}

/** `return`: a response, or a redirect with 301, 302, 303, 307 and 308. 444 closes the connection. */
export interface Return {
  readonly status: number;
  /** Body, or the target of a redirect. */
  readonly text: ComplexValue | undefined;
}

function readReturn([first = '', second]: readonly string[], site: Site): Return {
  const status = parseInteger(first);
  if (status === undefined) {
    if (second === undefined && /^(?:https?:\/\/|\$scheme)/.test(first))
      return { status: 302, text: site.complex(first) };
    return site.fail(`invalid return code "${first}"`);
  }
  if (status > 999) site.fail(`invalid return code "${first}"`);
  return { status, text: second === undefined ? undefined : site.complex(second) };
}

export interface ErrorPage {
  readonly statuses: readonly number[];
  /** Status of the response: `=200` sets it; `=` (0) takes that of the page itself; undefined keeps the original one. */
  readonly answer: number | undefined;
  /** A path, a URL to redirect to, or `@name`. */
  readonly uri: ComplexValue;
}

function readErrorPage(args: readonly string[], site: Site): ErrorPage {
  const uri = args.at(-1) ?? '';
  const equals = args.at(-2) ?? '';
  const hasAnswer = equals.startsWith('=');
  const given = args.slice(0, hasAnswer ? -2 : -1);
  let answer: number | undefined;
  if (hasAnswer) {
    answer = equals === '=' ? 0 : parseInteger(equals.slice(1));
    if (answer === undefined || given.length === 0) site.fail(`invalid value "${equals}"`);
  }
  const target = site.complex(uri);
  const statuses = given.map((one) => {
    const status = parseInteger(one);
    if (status === undefined || status === 499) return site.fail(`invalid value "${one}"`);
    if (status < 300 || status > 599) site.fail(`value "${one}" must be between 300 and 599`);
    return status;
  });
  return { statuses, answer, uri: target };
}

export interface AddedHeader {
  readonly name: string;
  readonly value: ComplexValue;
  /** Added with every status, not only those of success and redirection. */
  readonly always: boolean;
}

export interface Resolver {
  readonly servers: readonly (InetAddress | UnixAddress)[];
  /** Milliseconds that answers are cached, in place of their TTL. */
  readonly valid: number | undefined;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}

/** `resolver`, allowed in `http` and the levels below, and in `upstream`. */
export function readResolver(args: readonly string[], site: Site): Resolver {
  const servers: (InetAddress | UnixAddress)[] = [];
  let valid: number | undefined;
  let ipv4 = true;
  let ipv6 = true;
  for (const arg of args) {
    const time = parameter(arg, 'valid');
    const family = /^(ipv[46])=(.*)$/s.exec(arg);
    if (time !== undefined) {
      const secs = parseSeconds(time) ?? site.fail(`invalid parameter: ${arg}`);
      valid = secs * 1_000;
    } else if (family !== null) {
      if (family[2] !== 'on' && family[2] !== 'off') site.fail(`invalid parameter: ${arg}`);
      if (family[1] === 'ipv4') ipv4 = family[2] === 'on';
      else ipv6 = family[2] === 'on';
    } else if (!/^(?:status_zone|async)=/.test(arg)) {
      const server = parseAddress(arg);
      if ('problem' in server) site.fail(`${server.problem} in resolver "${arg}"`);
      else servers.push(server);
    }
  }
  if (!ipv4 && !ipv6) site.fail('"ipv4" and "ipv6" cannot both be "off"');
  if (servers.length === 0) site.fail('no name servers defined');
  return { servers, valid, ipv4, ipv6 };
}

export interface SetVariable {
  readonly variable: string;
  /** The variable's slot in `Facts`. */
  readonly slot: number;
  readonly value: ComplexValue;
}

function readIndex(args: readonly string[], site: Site): readonly ComplexValue[] {
  return args.map((arg, i) => {
    if (arg.startsWith('/') && i < args.length - 1) {
      site.warn('only the last index in "index" directive should be absolute');
    }
    if (arg === '') site.fail('index "" in "index" directive is invalid');
    return site.complex(arg);
  });
}

function readRoot([path = '']: readonly string[], site: Site): ComplexValue {
  const other = site.name === 'alias' ? 'root' : 'alias';
  if (site.scope.entries.some(({ spec }) => spec.name === other)) {
    site.fail(`"${site.name}" directive is duplicate, "${other}" directive was specified earlier`);
  }
  for (const name of ['document_root', 'realpath_root']) {
    if (new RegExp(`\\$(?:${name}(?!\\w)|\\{${name}\\})`).test(path)) {
      site.fail(`the $${name} variable cannot be used in the "${site.name}" directive`);
    }
  }
  return site.complex(path);
}

/** An address block of proxies that may set the client's address; `unix:` for all unix sockets. */
export type Trusted = Cidr | 'unix:';

function readTrusted([arg = '']: readonly string[], site: Site): Trusted {
  if (arg === 'unix:') return arg;
  const cidr = parseCidr(arg) ?? site.fail(`host not found in set_real_ip_from "${arg}"`);
  if (hasLowBits(cidr)) site.warn(`low address bits of ${arg} are meaningless`);
  return cidr;
}

/** The smallest buffer for request heads: nginx's `connection_pool_size`. */
const LEAST_HEADER_BUFFER = 512;

function checkHttp(entry: Entry, site: Site): void {
  for (const { scope } of entry.scope?.blocks(http.server) ?? []) {
    if (scope.get(http.large_client_header_buffers).size < LEAST_HEADER_BUFFER) {
      site.fail('the "large_client_header_buffers" size must be equal to or greater than "connection_pool_size"');
    }
  }
  checkTls(entry);
}

/** Directives for requests: virtual servers, locations, responses, timeouts. */
export const http = area({
  http: directive({ in: ['main'], args: 0, opens: 'http', repeats: false, read: present, close: checkHttp }),
  server: directive({ in: ['http'], args: 0, opens: 'server', read: present }),
  listen: directive({
    in: ['server'],
    args: [1, 99],
    inherit: 'none',
    repeats: true,
    read: readListen,
    note: 'parameters that only tune the socket give a warning; of `so_keepalive` only the idle time is used; `http2` and `quic` are refused',
  }),
  server_name: directive({ in: ['server'], args: [1, 9_999], inherit: 'none', repeats: true, read: readServerName }),
  location: directive({ in: ['server', 'location'], args: [1, 2], opens: 'location', read: readLocation }),
  return: directive({ in: ['server', 'location'], args: [1, 2], inherit: 'none', repeats: true, read: readReturn }),
  set: directive({
    in: ['server', 'location'],
    args: 2,
    inherit: 'none',
    repeats: true,
    read: ([name = '', value = ''], site): SetVariable => {
      const variable = variableName(name, site);
      const slot = site.variables.declare(variable, site.place, '');
      return { variable, slot, value: site.complex(value) };
    },
    note: '`$args` and `$limit_rate` cannot be set',
  }),
  map: directive({
    in: ['http'],
    args: 2,
    opens: 'map',
    read: ([source = '', name = ''], site) => {
      const value = site.complex(source);
      return new VariableMap(value, variableName(name, site), site.variables);
    },
    line: (map, line) => map.add(line),
    note: 'maps that depend on each other in a circle are refused when the configuration is read',
  }),
  root: directive({ in: LOCATION, args: 1, read: readRoot, default: 'html' }),
  alias: directive({ in: ['location'], args: 1, read: readRoot }),
  absolute_redirect: directive({ in: LOCATION, args: 'flag', read: flag, default: 'on' }),
  port_in_redirect: directive({ in: LOCATION, args: 'flag', read: flag, default: 'on' }),
  server_name_in_redirect: directive({ in: LOCATION, args: 'flag', read: flag, default: 'off' }),
  index: directive({ in: LOCATION, args: [1, 9_999], inherit: 'list', read: readIndex, default: 'index.html' }),
  types: directive({
    in: LOCATION,
    args: 0,
    opens: 'types',
    inherit: 'value',
    // The blocks of one level are merged.
    read: (_, site) =>
      (site.scope.entries.find(({ spec }) => spec.name === 'types')?.value as MimeTypes | undefined) ?? new MimeTypes(),
    line: (types, line) => types.add(line),
  }),
  default_type: directive({ in: LOCATION, args: 1, read: text, default: 'text/plain' }),
  add_header: directive({
    in: LOCATION,
    args: [2, 3],
    inherit: 'list',
    read: ([name = '', value = '', always], site): AddedHeader => {
      const compiled = site.complex(value);
      if (always !== undefined && always !== 'always') invalidParameter(always, site);
      return { name, value: compiled, always: always !== undefined };
    },
  }),
  max_ranges: directive({ in: LOCATION, args: 1, read: number }),
  if_modified_since: directive({
    in: LOCATION,
    args: 1,
    read: enumeration('off', 'exact', 'before'),
    default: 'exact',
  }),
  etag: directive({ in: LOCATION, args: 'flag', read: flag, default: 'on' }),
  error_page: directive({ in: LOCATION, args: [2, 9_999], inherit: 'list', read: readErrorPage }),
  client_max_body_size: directive({ in: LOCATION, args: 1, read: offset, default: '1m' }),
  client_body_buffer_size: directive({
    in: LOCATION,
    args: 1,
    read: size,
    default: '16k',
    note: 'only limits the bodies that `$request_body` contains',
  }),
  client_header_timeout: directive({ in: SERVER, args: 1, read: msec, default: '60s' }),
  client_body_timeout: directive({ in: LOCATION, args: 1, read: msec, default: '60s' }),
  large_client_header_buffers: directive({ in: SERVER, args: 2, read: buffers, default: '4 8k' }),
  max_headers: directive({ in: SERVER, args: 1, read: number, default: '1000' }),
  ignore_invalid_headers: directive({ in: SERVER, args: 'flag', read: flag, default: 'on' }),
  underscores_in_headers: directive({ in: SERVER, args: 'flag', read: flag, default: 'off' }),
  keepalive_timeout: directive({
    in: LOCATION,
    args: [1, 2],
    read: ([timeout = '', header], site): KeepaliveTimeout => ({
      timeout: parseMilliseconds(timeout) ?? site.reject('invalid value'),
      header: header === undefined ? undefined : (parseSeconds(header) ?? site.reject('invalid value')),
    }),
    default: '75s',
  }),
  keepalive_requests: directive({ in: LOCATION, args: 1, read: number, default: '1000' }),
  keepalive_time: directive({ in: LOCATION, args: 1, read: msec, default: '1h' }),
  send_timeout: directive({ in: LOCATION, args: 1, read: msec, default: '60s' }),
  resolver: directive({ in: LOCATION, args: [1, 9_999], read: readResolver }),
  resolver_timeout: directive({ in: LOCATION, args: 1, read: msec, default: '30s' }),
  stub_status: directive({ in: ['server', 'location'], args: [0, 1], inherit: 'none', repeats: true, read: present }),
  real_ip_recursive: directive({ in: LOCATION, args: 'flag', read: flag, default: 'off' }),
  real_ip_header: directive({ in: LOCATION, args: 1, read: text, default: 'X-Real-IP' }),
  set_real_ip_from: directive({
    in: LOCATION,
    args: 1,
    inherit: 'list',
    read: readTrusted,
    note: 'addresses and blocks; no host names',
  }),
});
