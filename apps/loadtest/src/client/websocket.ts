import { type Socket, connect, isIP } from 'node:net';
import { type SecureContext, connect as connectSecurely, createSecureContext } from 'node:tls';
import { formatAddress } from '@pinwheel/cli';
import { Transport, type TransportReservedEvents } from 'engine.io-client';
import { FrameError, type FrameHandler, FrameReader, OPCODE } from './frame-reader.js';
import { frameOf } from './frame-writer.js';
import { Opening } from './opening.js';
import type { Take, TakeOption } from './shortcut.js';

type Packet = Parameters<TransportReservedEvents['packet']>[0];

/** The options of Engine.IO that this transport uses. */
interface TransportOptions extends TakeOption {
  readonly hostname: string;
  readonly port: string | number;
  readonly secure: boolean;
  /** Ends with a slash. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly localAddress?: string;
  readonly rejectUnauthorized: boolean;
}

/** Engine.IO's packet types by their digit (protocol 4). */
const TYPES = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'] as const;
const DIGITS = new Map<string, string>(TYPES.map((type, digit) => [type, String(digit)]));
const MESSAGE = '4';

/** Milliseconds in which a server must close the connection after the close frames, as in `ws`. */
const CLOSE_MS = 30_000;
const PROTOCOL_ERROR = Buffer.from([0x03, 0xea]);
const NOTHING = Buffer.alloc(0);

/**
 * The buffer that all connections read into. libuv fills it and hands it over in one step, so that a reader has to copy the bytes
 * that it keeps.
 */
const shared = Buffer.allocUnsafeSlow(65_536);

let secureContext: SecureContext | undefined;

/**
 * Engine.IO's WebSocket transport on a bare connection, for many clients in one process: RFC 6455 without extensions over TCP
 * or TLS, with errors in the words of `ws`. A write is complete when the system has taken it.
 */
export class LeanWebSocket extends Transport implements FrameHandler {
  readonly #take: Take;
  #options: TransportOptions | undefined;
  #socket: Socket | undefined;
  #opening: Opening | undefined;
  #reader: FrameReader | undefined;
  /** A close frame was sent, or further input is ignored. */
  #closing = false;

  constructor(options: TransportOptions) {
    super(options);
    this.#options = options;
    this.#take = options.take;
    // A copy of the options per client takes the most memory, and nothing reads them once the transport is open.
    this.opts = NO_OPTIONS;
  }

  override get name(): string {
    return 'websocket';
  }

  protected override doOpen(): void {
    const options = this.#options;
    this.#options = undefined;
    if (options === undefined) return;
    const { hostname, path, port, secure } = options;
    // A URL leaves out the default port, as the Host field does.
    const { host } = new URL(`${secure ? 'https' : 'http'}://${formatAddress({ host: hostname, port: Number(port) })}`);
    const target = `${path}?${new URLSearchParams(this.query).toString()}`;
    const opening = new Opening(host, target);
    this.#opening = opening;
    const socket = secure ? this.#connectSecurely(options) : this.#connect(options);
    this.#socket = socket;
    socket.on('error', this.#onSocketError);
    socket.on('close', this.#onSocketClose);
    socket.write(opening.request, 'latin1');
  }

  #connect({ hostname, localAddress, port }: TransportOptions): Socket {
    return connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
      onread: {
        buffer: shared,
        callback: (length, bytes) => {
          this.#onBytes(Buffer.isBuffer(bytes) ? bytes : shared, length);
          return true;
        },
      },
    });
  }

  #connectSecurely({ hostname, localAddress, port, rejectUnauthorized }: TransportOptions): Socket {
    secureContext ??= createSecureContext();
    const socket = connectSecurely({
      host: hostname,
      port: Number(port),
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      secureContext,
      rejectUnauthorized,
    });
    socket.setNoDelay();
    socket.on('data', (bytes: Buffer) => this.#onBytes(bytes, bytes.length));
    return socket;
  }

  protected override write(packets: Packet[]): void {
    this.writable = false;
    const socket = this.#socket;
    if (socket === undefined) return;
    const [first] = packets;
    if (packets.length === 1 && first !== undefined) put(socket, first);
    else {
      socket.cork();
      for (const packet of packets) put(socket, packet);
      socket.uncork();
    }
    if (!this.#holdsBack(socket)) process.nextTick(drained, this);
  }

  /**
   * Sends a message at once, without the engine's buffer, which has to be empty.
   *
   * @returns false when the message would have to wait: then it is not sent
   */
  sendNow(data: string): boolean {
    const socket = this.#socket;
    if (!this.writable || this.#closing || socket === undefined) return false;
    socket.write(frameOf(OPCODE.text, MESSAGE + data), 'latin1');
    this.writable = !this.#holdsBack(socket);
    return true;
  }

  /** @returns true when the system has not taken everything: the engine must hold back further messages */
  #holdsBack(socket: Socket): boolean {
    if (!socket.writableNeedDrain) return false;
    socket.once('drain', () => drained(this));
    return true;
  }

  /** Called by {@link drained}. */
  takeMore(): void {
    this.writable = true;
    this.emitReserved('drain');
  }

  protected override doClose(): void {
    if (this.#opening === undefined) this.#sendClose(NOTHING);
    else {
      this.#opening = undefined;
      this.#socket?.destroy();
    }
  }

  readonly #onSocketError = (error: NodeJS.ErrnoException): void => {
    // For an open connection the event `close` follows.
    if (this.#opening === undefined) return;
    this.#fail(error.message === '' ? (error.code ?? '') : error.message);
  };

  readonly #onSocketClose = (): void => {
    if (this.#opening !== undefined) this.#fail('socket hang up');
    else if (this.readyState !== 'closed') this.onClose({ description: 'websocket connection closed' });
  };

  #fail(message: string): void {
    this.#opening = undefined;
    this.#closing = true;
    this.onError('websocket error', { message });
  }

  #onBytes(bytes: Buffer, length: number): void {
    let from = 0;
    if (this.#opening !== undefined) {
      const answer = this.#opening.read(bytes, length);
      if (answer.state === 'partial') return;
      if (answer.state === 'refused') {
        this.#socket?.destroy();
        this.#fail(answer.message);
        return;
      }
      this.#opening = undefined;
      this.#reader = new FrameReader(this);
      from = answer.end;
      this.onOpen();
    }
    try {
      this.#reader?.read(bytes, from, length);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      if (this.#closing) return;
      this.#sendClose(PROTOCOL_ERROR);
      this.#socket?.destroySoon();
      this.onError('websocket error', error);
    }
  }

  onText(text: string): void {
    if (this.#closing) return;
    if (text.startsWith(MESSAGE)) {
      const data = text.slice(1);
      if (!this.#take(data)) this.onPacket({ type: 'message', data });
    } else this.onData(text);
  }

  onBinary(bytes: Buffer): void {
    if (!this.#closing) this.onData(Buffer.from(bytes));
  }

  onControl(opcode: number, bytes: Buffer): void {
    if (opcode === OPCODE.ping) {
      if (!this.#closing) this.#socket?.write(frameOf(OPCODE.pong, bytes), 'latin1');
    } else this.#sendClose(bytes.subarray(0, 2));
  }

  /** Sends a close frame, once, and leaves closing the connection to the server (RFC 6455, section 7.1.1). */
  #sendClose(code: Buffer): void {
    const socket = this.#socket;
    if (this.#closing || socket === undefined) return;
    this.#closing = true;
    if (socket.destroyed) return;
    socket.write(frameOf(OPCODE.close, code), 'latin1');
    socket.setTimeout(CLOSE_MS, () => socket.destroy());
  }
}

const NO_OPTIONS = Object.freeze({});

function drained(transport: LeanWebSocket): void {
  transport.takeMore();
}

function put(socket: Socket, { data, type }: Packet): void {
  const frame =
    data === undefined || typeof data === 'string'
      ? frameOf(OPCODE.text, (DIGITS.get(type) ?? '') + (data ?? ''))
      : frameOf(OPCODE.binary, bytesOf(data));
  socket.write(frame, 'latin1');
}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw new TypeError(`expected a text or bytes to send, got ${typeof data}`);
}
