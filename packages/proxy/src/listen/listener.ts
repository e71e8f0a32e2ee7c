import { hostPort } from '@pinwheel/protocol';
import type { Socket } from 'node:net';
import { isIPv4 } from 'node:net';
import type { HeadOptions } from '../options/client.js';
import type { ProxyProtocolFacts } from '../facts.js';
import type { ListenOptions } from '../options/listener.js';
import { takeProxyHeader } from './proxy-protocol.js';
import { RealIp } from '../origin/real-ip.js';
import { TlsServer } from '../tls/server.js';
import { acceptedWire, handleWire, NO_READER, Wire } from '../net/wire.js';

/** Handles the connections of listeners. */
export interface ListenerHost {
  /** How heads are read on listeners without `head` options. */
  readonly headDefaults: HeadOptions;
  /**
   * A connection is ready to be read; the caller sets the wire's reader.
   *
   * @param address the client's address, IPv4 also on a dual-stack listener; `unix:` for a Unix socket
   * @param proxied facts of the PROXY protocol header, if there are any
   */
  onConnection(wire: Wire, address: string, listener: Listener, proxied: ProxyProtocolFacts | undefined): void;
  /** The listening socket failed after binding, for example because too many files are open. */
  onListenError(error: Error, listener: Listener): void;
  /** @param why in nginx's words */
  onHandshakeFailed(why: string, address: string, listener: Listener): void;
  /** @param why in nginx's words; undefined when the client closed the connection or was too slow */
  onHeaderBroken(why: string | undefined, address: string, listener: Listener): void;
}

/** The counters of one listener. A reload that keeps the listener keeps them. */
export class ListenerCounts {
  /** Connections since the start, without failed TLS handshakes; open now, in any protocol; and the most at once. */
  accepted = 0;
  connections = 0;
  maxConnections = 0;
  /** Requests since the start, and those of them that failed. */
  requests = 0;
  errors = 0;

  opened(): void {
    this.accepted++;
    this.connections++;
    if (this.connections > this.maxConnections) this.maxConnections = this.connections;
  }
}

/** One address that clients connect to: turns an accepted socket into a wire, after the PROXY header and TLS handshake. */
export class Listener {
  options: ListenOptions;
  /** Position in the options. */
  index: number;
  readonly counts = new ListenerCounts();
  /** The proxies that are trusted to name the client's address; undefined: none. */
  realIp: RealIp | undefined;
  readonly #host: ListenerHost;
  #tls: TlsServer | undefined;
  /** PROXY protocol facts of connections that are in their TLS handshake, by `peerKey`. */
  readonly #proxied = new Map<string, ProxyProtocolFacts>();

  constructor(options: ListenOptions, index: number, host: ListenerHost) {
    this.options = options;
    this.index = index;
    this.#host = host;
    this.update(options, index);
  }

  /** How heads of requests are read. */
  get head(): HeadOptions {
    return this.options.head ?? this.#host.headDefaults;
  }

  /** `address:port` or `unix:path`, as configured. */
  get name(): string {
    return this.nameAt(this.options.port);
  }

  /** Like `name`, with the port that the system chose for port 0. */
  nameAt(port: number): string {
    const { host, path } = this.options;
    if (path !== undefined) return `unix:${path}`;
    return hostPort(host, port);
  }

  /**
   * Takes new options, certificates included, for connections from now on.
   *
   * @throws OpenSSL's error; then nothing has changed
   */
  update(options: ListenOptions, index: number): void {
    const { tls, trustedProxies: from } = options;
    if (tls === undefined) this.#tls = undefined;
    else if (this.#tls === undefined) this.#tls = this.#newTls(tls);
    else this.#tls.update(tls);
    this.options = options;
    this.index = index;
    this.realIp = from.length > 0 ? new RealIp({ from, header: 'X-Forwarded-For', recursive: true }) : undefined;
  }

  #newTls(tls: NonNullable<ListenOptions['tls']>): TlsServer {
    const take = (socket: Socket): void => {
      const address = this.#addressOf(socket);
      if (address === undefined) {
        socket.destroy();
        return;
      }
      const proxied = this.options.proxyProtocol ? this.#proxied.get(peerKey(socket)) : undefined;
      this.#host.onConnection(new Wire(socket, NO_READER), address, this, proxied);
    };
    return new TlsServer(tls, {
      secure: take,
      plain: take,
      failed: (reason, socket) => this.#host.onHandshakeFailed(reason, this.#addressOf(socket) ?? 'unknown', this),
    });
  }

  /** True when nothing is read from a connection before it has a wire, so that no socket is needed. */
  get takesHandles(): boolean {
    return this.#tls === undefined && !this.options.proxyProtocol;
  }

  /** Takes a connection for which no socket was made. @param handle its handle, see `@pinwheel/raw-socket` */
  acceptHandle(handle: object): void {
    const wire = handleWire(handle, NO_READER);
    const { socket } = wire;
    const address = this.#addressOf(socket);
    if (address === undefined) {
      wire.destroy();
      return;
    }
    socket.setNoDelay(true);
    const { keepAlive } = this.options;
    if (keepAlive !== undefined) socket.setKeepAlive(true, keepAlive);
    this.#host.onConnection(wire, address, this, undefined);
  }

  /** Takes a connection. @param socket accepted with `pauseOnConnect` */
  accept(socket: Socket): void {
    const address = this.#addressOf(socket);
    // A socket without an address was reset before it was accepted here.
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const { keepAlive, proxyProtocol } = this.options;
    if (keepAlive !== undefined) socket.setKeepAlive(true, keepAlive);
    if (!proxyProtocol) {
      this.#serve(socket, address, undefined, undefined);
      return;
    }
    takeProxyHeader(socket, this.head.timeout, {
      onHeader: (facts, rest) => this.#serve(socket, address, facts, rest),
      onBroken: (why) => this.#host.onHeaderBroken(why, address, this),
    });
  }

  #serve(socket: Socket, address: string, proxied: ProxyProtocolFacts | undefined, rest: Buffer | undefined): void {
    if (this.#tls === undefined) {
      this.#host.onConnection(acceptedWire(socket, NO_READER, rest), address, this, proxied);
      return;
    }
    if (proxied !== undefined) {
      const key = peerKey(socket);
      this.#proxied.set(key, proxied);
      socket.once('close', () => this.#proxied.delete(key));
    }
    if (rest !== undefined && rest.length > 0) socket.unshift(rest);
    this.#tls.accept(socket);
  }

  #addressOf(socket: Socket): string | undefined {
    if (this.options.path !== undefined) return 'unix:';
    const { remoteAddress } = socket;
    return remoteAddress === undefined ? undefined : unmapped(remoteAddress);
  }
}

/** An address without the prefix `::ffff:`, which IPv4 clients have on a dual-stack listener. */
export function unmapped(address: string): string {
  return address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address;
}

/** The client's end of a connection; the TCP socket and the TLS socket of one connection have the same key. */
function peerKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
