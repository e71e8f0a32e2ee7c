import { chmodSync, existsSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { createServer, isIP, isIPv4, SocketAddress } from 'node:net';
import { dirname } from 'node:path';
import { acceptHandles, proveInsides } from '@pinwheel/raw-socket';
import type { ListenOptions } from '../options/listener.js';
import type { Listener } from './listener.js';

/** A bound socket. It may serve several listeners: one for all addresses of its port, and others for single addresses. */
export class ListeningSocket {
  readonly #options: ListenOptions;
  readonly #server: Server;
  #owner: Listener | undefined;
  /** Listeners by the local address of a connection. */
  #guests: ReadonlyMap<string, Listener> = new Map();
  #onListenError: ((error: Error) => void) | undefined;
  #closed = false;

  /** @param onError called with errors after binding */
  constructor(options: ListenOptions, onError: (error: Error) => void) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    );
    this.#server.on('error', (error) => {
      if (this.#onListenError === undefined) onError(error);
      else this.#onListenError(error);
    });
  }

  /** Connections go to `owner`, except those to the address of one of `guests`. */
  serve(owner: Listener, guests: readonly Listener[]): void {
    this.#owner = owner;
    this.#guests = new Map(guests.map((one) => [plainAddress(one.options.host), one]));
  }

  #accept(socket: Socket): void {
    const guest = this.#guests.size === 0 ? undefined : this.#guests.get(plainAddress(socket.localAddress ?? ''));
    (guest ?? this.#owner)?.accept(socket);
  }

  /** Takes a connection before a socket is made of it, for a listener that only puts a wire on it. */
  #acceptHandle(handle: object): boolean {
    const owner = this.#guests.size === 0 ? this.#owner : undefined;
    if (owner?.takesHandles !== true) return false;
    owner.acceptHandle(handle);
    return true;
  }

  /** Resolves when bound; rejects with the system's error (`EADDRINUSE`, `EACCES`, ...). */
  async listen(): Promise<void> {
    // Before binding, so that all listeners open at nearly the same time.
    await proveInsides();
    if (this.#closed) return;
    await this.#bind();
    acceptHandles(this.#server, (handle) => this.#acceptHandle(handle));
  }

  #bind(): Promise<void> {
    const { host, port, path, backlog, ipv6Only } = this.#options;
    return new Promise((resolve, reject) => {
      this.#onListenError = (error) => reject(path === undefined ? error : withRealReason(error, path));
      this.#server.listen(path === undefined ? { host, port, backlog, ipv6Only } : { path, backlog }, () => {
        this.#onListenError = undefined;
        if (path !== undefined) openToAll(path);
        resolve();
      });
    });
  }

  /** The bound address; undefined before binding and for a Unix socket. */
  get address(): { host: string; port: number } | undefined {
    const bound = this.#server.address();
    return bound === null || typeof bound === 'string' ? undefined : { host: bound.address, port: bound.port };
  }

  /** Stops accepting; open connections stay open. The file of a Unix socket is removed. */
  close(): void {
    this.#closed = true;
    this.#server.close();
  }
}

/** Listeners with the same key have the same address; undefined for a listener on any free port. */
export function listenKey({ host, port, path, ipv6Only }: ListenOptions, boundPort = port): string | undefined {
  if (path !== undefined) return `unix:${path}`;
  if (boundPort === 0) return undefined;
  return `${plainAddress(host)} ${boundPort}${ipv6Only && host.includes(':') ? ' IPv6 only' : ''}`;
}

/** True when the socket of `wide` also gets the connections to the address of `one`. */
export function absorbs(wide: ListenOptions, one: ListenOptions): boolean {
  if (one.bind || one.path !== undefined || wide.path !== undefined || wide.port !== one.port || one.port === 0) {
    return false;
  }
  if (wide.host === '0.0.0.0') return one.host !== wide.host && isIPv4(one.host);
  return isWildcard6(wide.host) && isIP(one.host) === 6 && !isWildcard6(one.host);
}

function isWildcard6(host: string): boolean {
  return isIP(host) === 6 && plainAddress(host) === '::';
}

/** The canonical text of an address. */
function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  const plain = address.replace(/%.*$/, '');
  return isIP(plain) === 6 ? new SocketAddress({ address: plain, family: 'ipv6' }).address : plain;
}

/** As nginx does: every user who can reach the folder may connect. */
function openToAll(path: string): void {
  try {
    chmodSync(path, 0o666);
  } catch {
    // Another process has bound it, with rights that this one does not have, and decides who may connect.
  }
}

/** Corrects `EACCES`, which Node reports for a missing folder (https://github.com/nodejs/node/issues/35538). */
function withRealReason(error: NodeJS.ErrnoException, path: string): Error {
  if (error.code !== 'EACCES' || existsSync(dirname(path))) return error;
  return Object.assign(error, { code: 'ENOENT', errno: -2 });
}
