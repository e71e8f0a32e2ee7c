import { OptionError } from '../options/schema.js';

const DOT = 46;
const COLON = 58;
const ZERO = 48;

/**
 * Writes the bytes of an IP address into `into`, without allocating. An IPv4-mapped IPv6 address counts as IPv4; the zone of
 * a link-local address (`fe80::1%eth0`, as a socket's own address may have) is ignored.
 *
 * @param into at least 16 bytes
 * @returns 4, 16, or 0 for a text that is not an IP address
 */
export function addressBytes(text: string, into: Uint8Array): 0 | 4 | 16 {
  if (!text.includes(':')) return ipv4Bytes(text, 0, into, 0) ? 4 : 0;
  const zone = text.indexOf('%');
  if (!ipv6Bytes(zone < 0 ? text : text.slice(0, zone), into)) return 0;
  for (let i = 0; i < 10; i++) if (into[i] !== 0) return 16;
  if (into[10] !== 255 || into[11] !== 255) return 16;
  for (let i = 0; i < 4; i++) into[i] = into[12 + i] ?? 0;
  return 4;
}

/** Dotted decimal only: an octet with a leading zero is refused, because some parsers read it as octal. */
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
      if (code < ZERO || code > 57 || octet === 0) return false;
      octet = Math.max(octet, 0) * 10 + code - ZERO;
      if (octet > 255) return false;
    }
  }
  return octets === 4;
}

/** RFC 4291 2.2, with an IPv4 tail and without zone. */
function ipv6Bytes(text: string, into: Uint8Array): boolean {
  let filled = 0;
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    i = 1;
  }
  while (i < text.length) {
    if (text.charCodeAt(i) === COLON && text.charCodeAt(i - 1) === COLON) {
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
        if (!ipv4Bytes(text, start, into, filled)) return false;
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

/** Moves the groups after `::` to the end. */
function spread(into: Uint8Array, filled: number, gap: number): boolean {
  if (gap < 0) return filled === 16;
  if (filled > 14) return false;
  // Loops, because copyWithin and fill take longer for so few bytes.
  let to = 16;
  for (let from = filled; from > gap;) into[--to] = into[--from] ?? 0;
  while (to > gap) into[--to] = 0;
  return true;
}

function hexDigit(code: number): number {
  if (code >= ZERO && code <= 57) return code - ZERO;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Scratch space for the address that is looked up; lookups are synchronous, so one buffer is enough. */
const scratch = new Uint8Array(16);

interface Block {
  /** 4 or 16. */
  readonly length: number;
  readonly bytes: Uint8Array;
  /** Length of the prefix: an address in the block has these leading bits. */
  readonly bits: number;
}

/**
 * Addresses and CIDR blocks of proxies that are trusted to name the client's address (nginx: `set_real_ip_from`); `unix:`
 * trusts the clients of all Unix sockets.
 */
export class TrustedProxies {
  readonly #blocks: readonly Block[];
  readonly #unix: boolean;

  /** @throws OptionError for an entry that is neither an address nor a block */
  constructor(entries: readonly string[]) {
    this.#unix = entries.includes('unix:');
    this.#blocks = entries.flatMap((entry, index) => {
      if (entry === 'unix:') return [];
      const block = readBlock(entry);
      if (block === undefined) {
        throw new OptionError(`trustedProxies[${index}]`, 'an address or a CIDR block such as 10.0.0.0/8', entry);
      }
      return block;
    });
  }

  /** True for an address in one of the blocks. An IPv4-mapped IPv6 address is looked up as IPv4. */
  has(address: string): boolean {
    const length = addressBytes(address, scratch);
    if (length === 0) return this.#unix && address === 'unix:';
    for (const block of this.#blocks) if (block.length === length && contains(block)) return true;
    return false;
  }
}

function readBlock(entry: string): Block | undefined {
  const slash = entry.indexOf('/');
  const address = slash < 0 ? entry : entry.slice(0, slash);
  const bytes = new Uint8Array(16);
  const length = addressBytes(address, bytes);
  if (length === 0 || address.includes('%')) return undefined;
  // The bits of a block of IPv4-mapped addresses count from the beginning of the IPv6 address.
  const offset = length === 4 && address.includes(':') ? 96 : 0;
  if (slash < 0) return { length, bytes, bits: length * 8 };
  const digits = entry.slice(slash + 1);
  const bits = Number(digits) - offset;
  if (!/^\d{1,3}$/.test(digits) || bits < 0 || bits > length * 8) return undefined;
  return { length, bytes, bits };
}

/** True when the address in `scratch` begins with the block's bits. */
function contains({ bytes, bits }: Block): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (scratch[i] !== bytes[i]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  return ((scratch[whole] ?? 0) ^ (bytes[whole] ?? 0)) >> (8 - rest) === 0;
}
