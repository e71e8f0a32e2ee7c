import type { Socket } from 'node:net';
import { isIPv4 } from 'node:net';
import type { HeadOptions } from '../options/client.js';
import type { ProxyProtocolFacts } from '../facts.js';
import type { ListenOptions } from '../options/listener.js';
import { takeProxyHeader } from './proxy-protocol.js';
import { RealIp } from '../origin/real-ip.js';
import { TlsServer } from '../tls/server.js';
import { acceptedWire, handleWire, NO_READER, Wire } from '../net/wire.js';

/** Who is told what comes of the connections of listeners. */
export interface ListenerHost {
  /** For listeners that say nothing of their own. */
  readonly headDefaults: HeadOptions;
  /**
   * A connection is ready to be read, by whatever becomes the wire's reader.
   *
   * @param address the client's, IPv4 where it is an IPv4 client's; `unix:` for a unix socket
   * @param proxied what the PROXY protocol said, where it said something
   */
  onConnection(wire: Wire, address: string, listener: Listener, proxied: ProxyProtocolFacts | undefined): void;
  /** The listening socket failed after binding, as when there are too many open files. */
  onListenError(error: Error, listener: Listener): void;
  /** @param why in nginx's words */
  onHandshakeFailed(why: string, address: string, listener: Listener): void;
  /** @param why in nginx's words; undefined when the client closed the connection or was too slow */
  onHeaderBroken(why: string | undefined, address: string, listener: Listener): void;
}

/** What is counted of one listener. A reload that keeps the listener keeps the counts. */
export class ListenerCounts {
  /** Connections since the start, TLS handshakes that failed left out; now, in whatever protocol; at most at once. */
  accepted = 0;
  connections = 0;
  maxConnections = 0;
  /** Requests since the start, and those that could not be answered as they should. */
  requests = 0;
  errors = 0;

  opened(): void {
    this.accepted++;
    this.connections++;
    if (this.connections > this.maxConnections) this.maxConnections = this.connections;
  }
}

/** One address that connections come to: makes of an accepted socket a connection in plain text or TLS. */
export class Listener {
  options: ListenOptions;
  /** Position in the options. */
  index: number;
  readonly counts = new ListenerCounts();
  /** Whose word on the client's address counts; undefined for nobody's. */
  realIp: RealIp | undefined;
  readonly #host: ListenerHost;
  #tls: TlsServer | undefined;
  /** What the PROXY protocol said of connections whose handshake is under way, by `peerKey`. */
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

  /** As `name`, with the port that it was given for port 0. */
  nameAt(port: number): string {
    const { host, path } = this.options;
    if (path !== undefined) return `unix:${path}`;
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  }

  /**
   * Takes other options for the connections to come, certificates included.
   *
   * @throws OpenSSL's error, and changes nothing
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

  /** Nothing is read of a connection before it has a wire. */
  get takesHandles(): boolean {
    return this.#tls === undefined && !this.options.proxyProtocol;
  }

  /** @param handle of an accepted connection for which no socket was made */
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

  /** @param socket accepted with `pauseOnConnect` */
  accept(socket: Socket): void {
    const address = this.#addressOf(socket);
    // Without an address the connection was reset before it was looked at.
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

/** IPv4 addresses of a dual-stack listener come as `::ffff:a.b.c.d`: without that. */
export function unmapped(address: string): string {
  return address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address;
}

/** A connection's other end; the same for the TCP and the TLS socket of one connection. */
function peerKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
