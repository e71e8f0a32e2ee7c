/** What a client says first in a handshake (RFC 8446 4.1.2), as far as a server is chosen by it. */
export interface ClientHello {
  /** As it was sent; undefined without one (RFC 6066 3). */
  readonly serverName: string | undefined;
  /** TLS 1.3 is among the versions that it offers. */
  readonly offersTls13: boolean;
}

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
/** RFC 8446 5.1, 5.2: bytes in a record. */
const LONGEST_RECORD = 16_384 + 256;
const LONGEST_HELLO = 65_536;
/** A client that cuts its hello into more records than that does so to make work. */
const MOST_RECORDS = 64;
const TLS13 = 0x0304;

/** True when a connection that begins with this byte speaks TLS, or the hello of SSL 2; else it is taken for HTTP. */
export function beginsHandshake(first: number): boolean {
  return first === HANDSHAKE || first >= 0x80;
}

/**
 * Reads the hello at the beginning of a connection, over record and segment borders.
 *
 * @returns `more` while it has not all come; `other` for what is no hello that can be read
 */
export function readClientHello(bytes: Buffer): ClientHello | 'more' | 'other' {
  const message = handshakeMessage(bytes);
  return typeof message === 'string' ? message : (fieldsOf(message) ?? 'other');
}

/** The body of the first handshake message, put together of its records. */
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

/** Reads numbers and vectors one after another; undefined past the end. */
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

  /** What is behind a length of `size` bytes. */
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

/** RFC 6066 3: a list of names, of which one is a host's. */
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
