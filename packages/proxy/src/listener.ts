import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer, isIPv4 } from 'node:net';
import { TrustedProxies } from './client-address.js';
import type { ListenOptions } from './options.js';
import { TlsServer } from './tls-server.js';
import type { WireReader } from './wire.js';
import { acceptedWire, Wire } from './wire.js';

/** Makes the wire of an accepted connection, read by `reader`. */
export type WireUp = (reader: WireReader) => Wire;

/** Told of every connection that is ready to be read. `address` is the client's, IPv4 where it is an IPv4 client's. */
export type OnConnection = (wireUp: WireUp, address: string, listener: Listener) => void;

/** One bound address: accepts TCP or TLS connections. */
export class Listener {
  options: ListenOptions;
  /** Position in the options. */
  index: number;
  /** Whose word on the client's address counts; undefined for nobody's. */
  trusted: TrustedProxies | undefined;
  readonly #server: Server;
  #onListenError: ((error: Error) => void) | undefined;

  /**
   * @param onError told of errors after binding, such as too many open files
   * @param onHandshakeFailed told of clients with whom TLS did not come about
   */
  constructor(
    options: ListenOptions,
    index: number,
    onConnection: OnConnection,
    onError: (error: Error) => void,
    onHandshakeFailed: (reason: string, address: string) => void,
  ) {
    this.options = options;
    this.index = index;
    this.trusted = trustedBy(options);
    const { tls } = options;
    if (tls === undefined) {
      this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
        const address = peerAddress(socket);
        // Without an address the connection was reset before it was looked at.
        if (address === undefined) socket.destroy();
        else onConnection((reader) => acceptedWire(socket, reader), address, this);
      });
    } else {
      const accept = (socket: Socket): void => {
        const address = peerAddress(socket);
        if (address === undefined) socket.destroy();
        else onConnection((reader) => new Wire(socket, reader), address, this);
      };
      this.#server = new TlsServer(tls, {
        secure: accept,
        plain: accept,
        failed: (reason, socket) => onHandshakeFailed(reason, peerAddress(socket) ?? 'unknown'),
      });
    }
    this.#server.on('error', (error) => {
      if (this.#onListenError === undefined) onError(error);
      else this.#onListenError(error);
    });
  }

  /** Resolves when bound; rejects with the system's error (`EADDRINUSE`, `EACCES`, ...). */
  listen(): Promise<void> {
    const { host, port, backlog } = this.options;
    return new Promise((resolve, reject) => {
      this.#onListenError = reject;
      this.#server.listen({ host, port, backlog }, () => {
        this.#onListenError = undefined;
        resolve();
      });
    });
  }

  /** The bound address, once bound. */
  get address(): { host: string; port: number; tls: boolean } | undefined {
    const bound: AddressInfo | string | null = this.#server.address();
    if (bound === null || typeof bound === 'string') return undefined;
    return { host: bound.address, port: bound.port, tls: this.options.tls !== undefined };
  }

  /** True when new options need no new socket: same address, and TLS or not as now. */
  serves(options: ListenOptions): boolean {
    const bound = this.address;
    const port = options.port === 0 ? undefined : (bound?.port ?? this.options.port);
    return (
      options.host === this.options.host &&
      options.port === port &&
      (options.tls === undefined) === (this.options.tls === undefined)
    );
  }

  /** Takes new options that it `serves`, certificates included. */
  update(options: ListenOptions, index: number): void {
    if (options.tls !== undefined && this.#server instanceof TlsServer) this.#server.update(options.tls);
    this.options = options;
    this.index = index;
    this.trusted = trustedBy(options);
  }

  /** Accepts no more; connections there are go on. */
  close(): void {
    this.#server.close();
  }
}

/** An IPv4 client of a dual-stack listener comes as `::ffff:a.b.c.d`. */
function peerAddress(socket: Socket): string | undefined {
  const address = socket.remoteAddress;
  if (address?.startsWith('::ffff:') === true && isIPv4(address.slice(7))) return address.slice(7);
  return address;
}

function trustedBy({ trustedProxies }: ListenOptions): TrustedProxies | undefined {
  return trustedProxies.length > 0 ? new TrustedProxies(trustedProxies) : undefined;
}
