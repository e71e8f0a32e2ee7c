/** The parts of a ClientHello (RFC 8446 4.1.2) by which a server is chosen. */
export interface ClientHello {
  /** The name in SNI as it was sent; undefined without SNI (RFC 6066 3). */
  readonly serverName: string | undefined;
  /** The client offers TLS 1.3. */
  readonly offersTls13: boolean;
}

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
/** Most bytes in a record (RFC 8446 5.1, 5.2). */
const LONGEST_RECORD = 16_384 + 256;
const LONGEST_HELLO = 65_536;
/** Most records of one hello; a client that needs more only wants to cause work. */
const MOST_RECORDS = 64;
const TLS13 = 0x0304;

/** True when a connection that begins with this byte speaks TLS or SSL 2; any other is treated as plain HTTP. */
export function beginsHandshake(first: number): boolean {
  return first === HANDSHAKE || first >= 0x80;
}

/**
 * Reads the ClientHello at the beginning of a connection, which may span several records and segments.
 *
 * @returns `more` while it is incomplete; `other` when the bytes are not a readable ClientHello
 */
export function readClientHello(bytes: Buffer): ClientHello | 'more' | 'other' {
  const message = handshakeMessage(bytes);
  return typeof message === 'string' ? message : (fieldsOf(message) ?? 'other');
}

/** The body of the first handshake message, joined from its records. */
function handshakeMessage(bytes: Buffer): Buffer | 'more' | 'other' {
  const parts: Buffer[] = [];
  let have = 0;
  for (let at = 0; parts.length < MOST_RECORDS;) {
    if (bytes.length < at + 5) return bytes.length > at && bytes[at] !== HANDSHAKE ? 'other' : 'more';
    const length = bytes.readUInt16BE(at + 3);
    if (bytes[at] !== HANDSHAKE || bytes[at + 1] !== 3 || length === 0 || length > LONGEST_RECORD) return 'other';
    const part = bytes.subarray(at + 5, at + 5 + length);
    parts.push(part);
    have += part.length;
    at += 5 + length;
    const first = parts.length === 1 ? part : Buffer.concat(parts);
    if (have >= 4) {
      const needed = first.readUIntBE(1, 3);
      if (first[0] !== CLIENT_HELLO || needed > LONGEST_HELLO) return 'other';
      if (have >= 4 + needed) return first.subarray(4, 4 + needed);
    }
    if (part.length < length) return 'more';
  }
  return 'other';
}

/** Reads numbers and vectors (RFC 8446 3) in order; undefined past the end. */
class Reader {
  #at = 0;
  constructor(readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.#at;
  }

  take(length: number): Buffer | undefined {
    if (this.left < length) return undefined;
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  number(size: 1 | 2): number | undefined {
    return this.take(size)?.readUIntBE(0, size);
  }

  /** The bytes that follow a length of `size` bytes. */
  vector(size: 1 | 2): Buffer | undefined {
    const length = this.number(size);
    return length === undefined ? undefined : this.take(length);
  }
}

function fieldsOf(message: Buffer): ClientHello | undefined {
  const reader = new Reader(message);
  // Version, random, session id.
  if (reader.take(34) === undefined || reader.vector(1) === undefined) return undefined;
  // Cipher suites, compression methods.
  if (reader.vector(2) === undefined || reader.vector(1) === undefined) return undefined;
  let serverName: string | undefined;
  let offersTls13 = false;
  const extensions = new Reader(reader.left > 0 ? (reader.vector(2) ?? Buffer.alloc(0)) : Buffer.alloc(0));
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const data = extensions.vector(2);
    if (data === undefined) return undefined;
    if (type === 0) serverName = hostNameIn(data);
    else if (type === 43) offersTls13 = numbersIn(new Reader(data).vector(1)).includes(TLS13);
  }
  return { serverName, offersTls13 };
}

/** The host name in the list of names of the SNI extension (RFC 6066 3). */
function hostNameIn(data: Buffer): string | undefined {
  const names = new Reader(new Reader(data).vector(2) ?? Buffer.alloc(0));
  while (names.left > 0) {
    const type = names.number(1);
    const name = names.vector(2);
    if (type === 0 && name !== undefined) return name.toString('latin1');
    if (name === undefined) return undefined;
  }
  return undefined;
}

function numbersIn(bytes: Buffer | undefined): readonly number[] {
  const numbers: number[] = [];
  if (bytes !== undefined) for (let at = 0; at + 1 < bytes.length; at += 2) numbers.push(bytes.readUInt16BE(at));
  return numbers;
}
