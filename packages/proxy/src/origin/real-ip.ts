import { SocketAddress } from 'node:net';
import { addressBytes, TrustedProxies } from '../net/ip.js';
import type { ProxyProtocolFacts } from '../facts.js';
import type { Origin } from './origin.js';
import type { Fields } from '../http1/head.js';
import type { RealIpOptions } from '../options/listener.js';

/** The client's address, as a proxy named it. */
export interface RealAddress {
  readonly address: string;
  /** Undefined when the proxy named no port. */
  readonly port: number | undefined;
}

/** Finds the client's address in a field or PROXY header of a trusted proxy (nginx: `set_real_ip_from`). */
export class RealIp {
  readonly #trusted: TrustedProxies;
  /** Lower case; empty for the PROXY protocol. */
  readonly #header: string;
  readonly #isList: boolean;
  readonly #recursive: boolean;

  /** @throws OptionError for an entry of `from` that is neither an address nor a block */
  constructor({ from, header, recursive }: RealIpOptions) {
    this.#trusted = new TrustedProxies(from);
    const lower = header.toLowerCase();
    this.#header = lower === 'proxy_protocol' ? '' : lower;
    this.#isList = lower === 'x-forwarded-for';
    this.#recursive = recursive;
  }

  /** True for the address of a trusted proxy. */
  trusts(address: string): boolean {
    return this.#trusted.has(address);
  }

  /**
   * @param socketAddress remote address of the connection, which has to be a trusted proxy's
   * @returns undefined when the address of the connection stands
   */
  find(socketAddress: string, fields: Fields, proxied: ProxyProtocolFacts | undefined): RealAddress | undefined {
    if (!this.#trusted.has(socketAddress)) return undefined;
    if (this.#header === '') return proxied === undefined ? undefined : { address: proxied.addr, port: proxied.port };
    // As in nginx, X-Forwarded-For is a list over all its lines; of any other field the first line counts.
    const text = this.#isList ? fields.joined(this.#header) : fields.get(this.#header);
    return text === undefined ? undefined : this.#last(text);
  }

  /** The rightmost address of a list; with `recursive` the rightmost that is not trusted, or else the leftmost. */
  #last(text: string): RealAddress | undefined {
    let found: RealAddress | undefined;
    let end = text.length;
    for (;;) {
      while (end > 0 && isSeparator(text.charCodeAt(end - 1))) end--;
      if (end === 0) return found;
      let start = end;
      while (start > 0 && !isSeparator(text.charCodeAt(start - 1))) start--;
      const entry = readEntry(text.slice(start, end));
      // An entry that is not an address ends the search at the entry to its right.
      if (entry === undefined) return found;
      found = entry;
      if (!this.#recursive || !this.#trusted.has(entry.address)) return found;
      end = start;
    }
  }
}

/** The origin of a request: the first of `realIps` that names an address replaces that of the connection. */
export function realOrigin(
  direct: Origin,
  fields: Fields,
  proxied: ProxyProtocolFacts | undefined,
  realIps: readonly RealIp[],
): Origin {
  for (const realIp of realIps) {
    const found = realIp.find(direct.socketAddress, fields, proxied);
    if (found !== undefined) return { ...direct, clientAddress: found.address, clientPort: found.port };
  }
  return direct;
}

const COMMA = 44;
const SPACE = 32;
const TAB = 9;

function isSeparator(code: number): boolean {
  return code === COMMA || code === SPACE || code === TAB;
}

const scratch = new Uint8Array(16);
const WITH_PORT = /^(?:\[([\dA-Fa-f:.]+)\]|([\d.]+)):(\d{1,5})$/;

/** `1.2.3.4`, `1.2.3.4:5678`, `::1` or `[::1]:80`. */
function readEntry(text: string): RealAddress | undefined {
  const parts = WITH_PORT.exec(text);
  const address = parts?.[1] ?? parts?.[2] ?? text;
  const port = parts === null ? undefined : Number(parts[3]);
  if (address.includes('%') || addressBytes(address, scratch) === 0) return undefined;
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { address: address.includes(':') ? plain(address) : address, port };
}

/** The shortest text of an IPv6 address, in lower case (RFC 5952). */
function plain(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address;
}
