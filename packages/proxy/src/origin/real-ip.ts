import { SocketAddress } from 'node:net';
import { addressBytes, TrustedProxies } from '../net/ip.js';
import type { ProxyProtocolFacts } from '../facts.js';
import type { Origin } from './origin.js';
import type { Fields } from '../http1/head.js';
import type { RealIpOptions } from '../options/listener.js';

/** Who the client is by the word of a proxy. */
export interface RealAddress {
  readonly address: string;
  /** Undefined where it was not told. */
  readonly port: number | undefined;
}

/** Finds the client's address in what trusted proxies say (nginx: `set_real_ip_from`). */
export class RealIp {
  readonly #trusted: TrustedProxies;
  /** Lower case; empty for the PROXY protocol. */
  readonly #header: string;
  readonly #isList: boolean;
  readonly #recursive: boolean;

  /** @throws OptionError for an entry of `from` that is no address and no block */
  constructor({ from, header, recursive }: RealIpOptions) {
    this.#trusted = new TrustedProxies(from);
    const lower = header.toLowerCase();
    this.#header = lower === 'proxy_protocol' ? '' : lower;
    this.#isList = lower === 'x-forwarded-for';
    this.#recursive = recursive;
  }

  /** Whether the word of whoever has this address counts. */
  trusts(address: string): boolean {
    return this.#trusted.has(address);
  }

  /**
   * @param socketAddress of the connection's other end, which has to be trusted
   * @returns undefined where nothing is changed
   */
  find(socketAddress: string, fields: Fields, proxied: ProxyProtocolFacts | undefined): RealAddress | undefined {
    if (!this.#trusted.has(socketAddress)) return undefined;
    if (this.#header === '') return proxied === undefined ? undefined : { address: proxied.addr, port: proxied.port };
    // Of other fields than X-Forwarded-For nginx looks at the first.
    const text = this.#isList ? fields.joined(this.#header) : fields.get(this.#header);
    return text === undefined ? undefined : this.#last(text);
  }

  /** From the right: the first address, with `recursive` the first that is not trusted itself or else the leftmost. */
  #last(text: string): RealAddress | undefined {
    let found: RealAddress | undefined;
    let end = text.length;
    for (;;) {
      while (end > 0 && isSeparator(text.charCodeAt(end - 1))) end--;
      if (end === 0) return found;
      let start = end;
      while (start > 0 && !isSeparator(text.charCodeAt(start - 1))) start--;
      const entry = readEntry(text.slice(start, end));
      // What is no address ends the walk at the one before it.
      if (entry === undefined) return found;
      found = entry;
      if (!this.#recursive || !this.#trusted.has(entry.address)) return found;
      end = start;
    }
  }
}

/** The origin of a request by the word of the first that changes it. */
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
