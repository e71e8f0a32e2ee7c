import { isIPv4, isIPv6 } from 'node:net';
import { parseInteger } from './units.js';

/** Longest path of a unix socket, in bytes. */
const MAX_UNIX_PATH = 107;

export interface UnixAddress {
  readonly unix: string;
  /** In `proxy_pass`, the URI that follows the path and a `:`. */
  readonly uri: string;
}

export interface InetAddress {
  /** An address (IPv6 without brackets) or a name; `*` for any. */
  readonly host: string;
  readonly port: number | undefined;
  /** End of a range `8080-8090`. */
  readonly lastPort: number | undefined;
  /** Everything from the first `/` or `?` on. */
  readonly uri: string;
  /** True when the host is written as an address. */
  readonly isAddress: boolean;
}

export interface AddressForm {
  /** A `listen` address: a port may stand alone, `*` is any address, ports may be a range. */
  readonly listen?: boolean;
  /** True when a URI may follow. */
  readonly uri?: boolean;
}

/** An address that nginx refuses, in its words: `invalid port`, `no host`, ... */
export interface AddressProblem {
  readonly problem: string;
}

interface Ports {
  readonly port: number;
  readonly lastPort: number | undefined;
}

/** A port, or in a `listen` a range of them; undefined when it is not all digits. */
function parsePorts(text: string, range: boolean): Ports | AddressProblem | undefined {
  const dash = range ? text.indexOf('-') : -1;
  const port = parseInteger(dash < 0 ? text : text.slice(0, dash));
  const lastPort = dash < 0 ? undefined : parseInteger(text.slice(dash + 1));
  if (port === undefined || (dash >= 0 && lastPort === undefined)) return undefined;
  if (port < 1 || port > 65_535 || (lastPort !== undefined && (lastPort < 1 || lastPort > 65_535))) {
    return { problem: 'invalid port' };
  }
  if (lastPort !== undefined && port > lastPort) return { problem: 'invalid port range' };
  return { port, lastPort };
}

function parseUnix(text: string, form: AddressForm): UnixAddress | AddressProblem {
  const rest = text.slice('unix:'.length);
  const colon = form.uri === true ? rest.indexOf(':') : -1;
  const unix = colon < 0 ? rest : rest.slice(0, colon);
  if (unix === '') return { problem: 'no path in the unix domain socket' };
  if (unix.length > MAX_UNIX_PATH) return { problem: 'too long path in the unix domain socket' };
  return { unix, uri: colon < 0 ? '' : rest.slice(colon + 1) };
}

function parseInet6(text: string, form: AddressForm): InetAddress | AddressProblem {
  const close = text.indexOf(']');
  if (close < 0) return { problem: 'invalid host' };
  const slash = text.slice(close).search(/[/?]/);
  const end = slash < 0 ? text.length : close + slash;
  const uri = text.slice(end);
  if (uri !== '' && form.uri !== true) return { problem: 'invalid host' };
  let ports: Ports | undefined;
  if (end > close + 1) {
    if (text.charAt(close + 1) !== ':') return { problem: 'invalid host' };
    const parsed = parsePorts(text.slice(close + 2, end), form.listen === true) ?? { problem: 'invalid port' };
    if ('problem' in parsed) return parsed;
    ports = parsed;
  }
  const host = text.slice(1, close);
  if (host === '') return { problem: 'no host' };
  if (!isIPv6(host)) return { problem: 'invalid IPv6 address' };
  return { host, port: ports?.port, lastPort: ports?.lastPort, uri, isAddress: true };
}

function parseInet(text: string, form: AddressForm): InetAddress | AddressProblem {
  const listen = form.listen === true;
  const slash = text.search(/[/?]/);
  const authority = slash < 0 ? text : text.slice(0, slash);
  const uri = slash < 0 ? '' : text.slice(slash);
  if (uri !== '' && form.uri !== true) return { problem: 'invalid host' };
  const colon = authority.indexOf(':');
  let ports: Ports | undefined;
  if (colon >= 0) {
    const parsed = parsePorts(authority.slice(colon + 1), listen) ?? { problem: 'invalid port' };
    if ('problem' in parsed) return parsed;
    ports = parsed;
  } else if (listen) {
    const parsed = parsePorts(authority, true);
    if (parsed !== undefined) return 'problem' in parsed ? parsed : { host: '*', ...parsed, uri, isAddress: true };
  }
  const host = colon < 0 ? authority : authority.slice(0, colon);
  if (host === '') return { problem: 'no host' };
  const isAddress = isIPv4(host) || (listen && host === '*');
  return { host, port: ports?.port, lastPort: ports?.lastPort, uri, isAddress };
}

/** Parses an address as nginx's `ngx_parse_url` does, without resolving names. */
export function parseAddress(text: string, form: AddressForm = {}): InetAddress | UnixAddress | AddressProblem {
  if (/^unix:/i.test(text)) return parseUnix(text, form);
  return text.startsWith('[') ? parseInet6(text, form) : parseInet(text, form);
}

/** An address or a block of them: `10.0.0.0/8`, `::1`. Undefined for anything else. */
export interface Cidr {
  readonly address: string;
  /** Number of leading bits that are compared. */
  readonly bits: number;
}

export function parseCidr(text: string): Cidr | undefined {
  const [address = '', bits, ...more] = text.split('/');
  const width = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0;
  const count = bits === undefined ? width : parseInteger(bits);
  if (width === 0 || more.length > 0 || count === undefined || count > width) return undefined;
  return { address, bits: count };
}

/** Returns whether the address has bits set beyond the block's prefix. */
export function hasLowBits({ address, bits }: Cidr): boolean {
  const bytes = [...binaryAddress(address)].map((ch) => ch.charCodeAt(0));
  return bytes.some((byte, i) => (byte & (0xff >> Math.min(8, Math.max(0, bits - i * 8)))) !== 0);
}

/** The bytes of an address, as a byte string: four or sixteen; `unix:` stays as it is. */
export function binaryAddress(address: string): string {
  if (isIPv4(address)) return String.fromCharCode(...address.split('.').map(Number));
  const plain = address.replace(/%.*$/, '');
  if (!isIPv6(plain)) return address;
  const text = plain.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head = '', tail] = text.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after]
    .map((group) => Number.parseInt(group, 16))
    .map((group) => String.fromCharCode(group >> 8, group & 255))
    .join('');
}
