import { BlockList, isIP } from 'node:net';

const DOT = 46;
const COLON = 58;

/**
 * Writes the bytes of an IP address into `into`, allocating nothing. IPv4-mapped IPv6 counts as IPv4.
 *
 * @param into at least 16 bytes
 * @returns 4, 16, or 0 for a text that is no IP address
 */
export function addressBytes(text: string, into: Uint8Array): 0 | 4 | 16 {
  if (!text.includes(':')) return ipv4Bytes(text, 0, into, 0) ? 4 : 0;
  if (!ipv6Bytes(text, into)) return 0;
  for (let i = 0; i < 10; i++) if (into[i] !== 0) return 16;
  if (into[10] !== 255 || into[11] !== 255) return 16;
  into.copyWithin(0, 12, 16);
  return 4;
}

function ipv4Bytes(text: string, from: number, into: Uint8Array, at: number): boolean {
  let octet = -1;
  let octets = 0;
  for (let i = from; i <= text.length; i++) {
    const code = i === text.length ? DOT : text.charCodeAt(i);
    if (code === DOT) {
      if (octet < 0 || octets === 4) return false;
      into[at + octets++] = octet;
      octet = -1;
    } else {
      if (code < 48 || code > 57) return false;
      octet = Math.max(octet, 0) * 10 + code - 48;
      if (octet > 255) return false;
    }
  }
  return octets === 4;
}

/** RFC 4291 2.2, with an IPv4 tail and without zone. */
function ipv6Bytes(text: string, into: Uint8Array): boolean {
  into.fill(0, 0, 16);
  let filled = 0;
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    i = 1;
  }
  while (i < text.length) {
    if (text.charCodeAt(i) === COLON && (i === 0 || text.charCodeAt(i - 1) === COLON || i === 1)) {
      if (gap >= 0) return false;
      gap = filled;
      i++;
      if (i === text.length) break;
      continue;
    }
    const start = i;
    let group = 0;
    for (; i < text.length && text.charCodeAt(i) !== COLON; i++) {
      if (text.charCodeAt(i) === DOT) {
        if (filled > 12 || !ipv4Bytes(text, start, into, filled)) return false;
        return spread(into, filled + 4, gap);
      }
      const digit = hexDigit(text.charCodeAt(i));
      if (digit < 0 || i - start === 4) return false;
      group = group * 16 + digit;
    }
    if (filled === 16 || i === start) return false;
    into[filled++] = group >> 8;
    into[filled++] = group & 255;
    if (i < text.length) {
      i++;
      if (i === text.length) return false;
    }
  }
  return spread(into, filled, gap);
}

/** Moves what stands behind `::` to the end. */
function spread(into: Uint8Array, filled: number, gap: number): boolean {
  if (gap < 0) return filled === 16;
  if (filled > 14) return false;
  const tail = filled - gap;
  into.copyWithin(16 - tail, gap, filled);
  into.fill(0, gap, 16 - tail);
  return true;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Addresses and CIDR blocks whose word on the client's address counts (nginx: `set_real_ip_from`). */
export class TrustedProxies {
  readonly #blocks = new BlockList();

  /** @throws RangeError for an entry that is no address and no block */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', bits] = entry.split('/');
      const version = isIP(address);
      const family = version === 4 ? 'ipv4' : 'ipv6';
      const most = version === 4 ? 32 : 128;
      if (version === 0 || (bits !== undefined && Number(bits) > most)) {
        throw new RangeError(`expected an address or a CIDR block such as 10.0.0.0/8, got ${JSON.stringify(entry)}`);
      }
      if (bits === undefined) this.#blocks.addAddress(address, family);
      else this.#blocks.addSubnet(address, Number(bits), family);
    }
  }

  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#blocks.check(address, version === 4 ? 'ipv4' : 'ipv6');
  }
}

/**
 * The client's address (nginx: `real_ip_header X-Forwarded-For`, `real_ip_recursive on`): from the right, the first
 * address that is not itself a trusted proxy's. An entry that is no address ends the walk at the one before it.
 */
export function clientAddress(
  socketAddress: string,
  forwardedFor: string | undefined,
  trusted: TrustedProxies,
): string {
  if (forwardedFor === undefined || !trusted.has(socketAddress)) return socketAddress;
  let client = socketAddress;
  let end = forwardedFor.length;
  while (end > 0 && trusted.has(client)) {
    const comma = forwardedFor.lastIndexOf(',', end - 1);
    const address = withoutPort(forwardedFor.slice(comma + 1, end).trim());
    if (isIP(address) === 0) break;
    client = address;
    end = comma;
  }
  return client;
}

/** `1.2.3.4:5678` and `[::1]:80` carry a port, `::1` does not. */
function withoutPort(entry: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(entry);
  if (bracketed !== null) return bracketed[1] ?? '';
  const ipv4 = /^([\d.]+):\d+$/.exec(entry);
  return ipv4?.[1] ?? entry;
}
