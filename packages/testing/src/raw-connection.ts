import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Milliseconds after which a wait fails. No assertion depends on it. */
const PATIENCE = 10_000;

/** An HTTP message as it stood on the wire, texts in latin1. */
export interface RawMessage {
  /** Request line or status line. */
  readonly start: string;
  /** Names as written. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The body without framing. */
  readonly body: string;
  /** Values of the fields of that name, joined by "; " when there are several. */
  readonly get: (name: string) => string | undefined;
}

/** The end of a connection: the peer sent FIN, the peer reset it, or we closed it. */
export type Ending = 'fin' | 'reset' | 'closed';

/** A connection driven byte by byte: it buffers what arrives, and a test waits for and takes parts of it. */
export class RawConnection {
  readonly socket: Socket;
  /** All bytes received so far. */
  bytesRead = 0;
  ending: Ending | undefined;
  #text = '';
  #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.bytesRead += bytes.length;
      this.#text += bytes.toString('latin1');
      this.#wake();
    });
    socket.on('end', () => this.#end('fin'));
    socket.on('error', () => this.#end('reset'));
    socket.on('close', () => this.#end('closed'));
  }

  #end(ending: Ending): void {
    // A reset may follow a FIN: the first event is how the stream of bytes ended.
    this.ending ??= ending;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Received and not taken yet. */
  get text(): string {
    return this.#text;
  }

  send(data: string | Buffer): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  }

  /** Writes the pieces one by one, so that the kernel most likely sends each in its own packet. */
  async sendPieces(pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise<void>((resolve) => {
        this.socket.write(Buffer.from(piece, 'latin1'), () => setImmediate(resolve));
      });
    }
  }

  /** Resolves with the first value of `ready` that is not undefined. Rejects when the connection ends before. */
  async until<T>(ready: (text: string) => T | undefined, what: string): Promise<T> {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const value = ready(this.#text);
      if (value !== undefined) return value;
      if (this.ending !== undefined)
        throw new Error(`${what}: the connection ended (${this.ending}) at "${this.#tail}"`);
      if (performance.now() >= deadline)
        throw new Error(`${what}: nothing within ${PATIENCE} ms after "${this.#tail}"`);
      await this.#change(deadline - performance.now());
    }
  }

  get #tail(): string {
    return this.#text.slice(-300);
  }

  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Takes `length` bytes as soon as they have arrived. */
  take(length: number): Promise<string> {
    return this.until((text) => (text.length >= length ? this.#cut(length) : undefined), `${length} bytes`);
  }

  /** Takes everything through the next `mark`, as soon as it has arrived. */
  takeThrough(mark: string): Promise<string> {
    return this.until((text) => {
      const at = text.indexOf(mark);
      return at < 0 ? undefined : this.#cut(at + mark.length);
    }, JSON.stringify(mark));
  }

  #cut(length: number): string {
    const taken = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return taken;
  }

  /** Resolves with the ending of the connection; the received bytes stay in `text`. */
  async ended(): Promise<Ending> {
    const deadline = performance.now() + PATIENCE;
    while (this.ending === undefined) {
      if (performance.now() >= deadline) throw new Error(`the connection is still open after ${PATIENCE} ms`);
      await this.#change(deadline - performance.now());
    }
    return this.ending;
  }

  /** Takes the next request with its body. */
  async request(): Promise<RawMessage> {
    const head = readHead(await this.takeThrough('\r\n\r\n'));
    return message(head, await this.#body(head, '0'));
  }

  /**
   * Takes the next response with its body.
   *
   * @param method of the request: the answer to HEAD has no body
   */
  async response(method = 'GET'): Promise<RawMessage> {
    const head = readHead(await this.takeThrough('\r\n\r\n'));
    const status = Number(head.start.split(' ')[1]);
    const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
    return message(head, bodiless ? '' : await this.#body(head, undefined));
  }

  async #body(head: Head, lengthWhenUnstated: string | undefined): Promise<string> {
    if (valuesOf(head.fields, 'transfer-encoding') === 'chunked') {
      let body = '';
      for (;;) {
        const size = Number.parseInt(await this.takeThrough('\r\n'), 16);
        body += await this.take(size);
        await this.takeThrough('\r\n');
        if (size === 0) return body;
      }
    }
    const length = valuesOf(head.fields, 'content-length') ?? lengthWhenUnstated;
    if (length !== undefined) return this.take(Number(length));
    const ending = await this.ended();
    if (ending !== 'fin') throw new Error(`a body that ends with the connection was ${ending}`);
    return this.#cut(this.#text.length);
  }

  destroy(): void {
    this.socket.destroy();
  }
}

interface Head {
  readonly start: string;
  readonly fields: readonly (readonly [string, string])[];
}

function readHead(text: string): Head {
  const [start = '', ...lines] = text.slice(0, -4).split('\r\n');
  return {
    start,
    fields: lines.map((line) => {
      const colon = line.indexOf(': ');
      if (colon < 1) throw new Error(`expected "Name: value", got ${JSON.stringify(line)}`);
      return [line.slice(0, colon), line.slice(colon + 2)] as const;
    }),
  };
}

function valuesOf(fields: Head['fields'], name: string): string | undefined {
  const values = fields.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join('; ');
}

function message(head: Head, body: string): RawMessage {
  return { ...head, body, get: (name) => valuesOf(head.fields, name) };
}

/**
 * Opens a connection to 127.0.0.1.
 *
 * @param tls starts TLS without verifying the certificate
 * @param first sent in the clear, byte by byte, before TLS starts
 */
export function openRaw(port: number, tls = false, first: Buffer = Buffer.alloc(0)): Promise<RawConnection> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true };
    const plain = connect(options, () => {
      sendBytes(plain, first, () => {
        if (!tls) {
          resolve(new RawConnection(plain));
          return;
        }
        const socket = connectTls({ socket: plain, rejectUnauthorized: false });
        socket.once('secureConnect', () => resolve(new RawConnection(socket)));
        socket.once('error', reject);
      });
    });
    plain.once('error', reject);
  });
}

function sendBytes(socket: Socket, bytes: Buffer, done: () => void): void {
  if (bytes.length === 0) done();
  else socket.write(bytes.subarray(0, 1), () => setImmediate(() => sendBytes(socket, bytes.subarray(1), done)));
}
