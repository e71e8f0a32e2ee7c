import { chmodSync, existsSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { createServer, isIP, isIPv4, SocketAddress } from 'node:net';
import { dirname } from 'node:path';
import { acceptHandles, proveInsides } from '@pinwheel/raw-socket';
import type { ListenOptions } from '../options/listener.js';
import type { Listener } from './listener.js';

/** One bound socket. It may serve several listeners: the one for all addresses of its port, and others for single ones. */
export class ListeningSocket {
  readonly #options: ListenOptions;
  readonly #server: Server;
  #owner: Listener | undefined;
  /** By the local address of a connection. */
  #guests: ReadonlyMap<string, Listener> = new Map();
  #onListenError: ((error: Error) => void) | undefined;

  /** @param onError told of errors after binding */
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

  /** Connections go to `owner`, those to the address of one of `guests` to that. */
  serve(owner: Listener, guests: readonly Listener[]): void {
    this.#owner = owner;
    this.#guests = new Map(guests.map((one) => [plainAddress(one.options.host), one]));
  }

  #accept(socket: Socket): void {
    const guest = this.#guests.size === 0 ? undefined : this.#guests.get(plainAddress(socket.localAddress ?? ''));
    (guest ?? this.#owner)?.accept(socket);
  }

  /** Takes connections to which nothing but a wire is done before any socket is made of them. */
  #acceptHandle(handle: object): boolean {
    const owner = this.#guests.size === 0 ? this.#owner : undefined;
    if (owner?.takesHandles !== true) return false;
    owner.acceptHandle(handle);
    return true;
  }

  /** Resolves when bound; rejects with the system's error (`EADDRINUSE`, `EACCES`, ...). */
  async listen(): Promise<void> {
    // First: listeners that are bound one after another should be there at once.
    await proveInsides();
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

  /** The bound address, once bound; undefined for a unix socket. */
  get address(): { host: string; port: number } | undefined {
    const bound = this.#server.address();
    return bound === null || typeof bound === 'string' ? undefined : { host: bound.address, port: bound.port };
  }

  /** Accepts no more; connections there are go on. The file of a unix socket is removed. */
  close(): void {
    this.#server.close();
  }
}

/** Two listeners with the same key are for the same address; undefined for one that takes any free port. */
export function listenKey({ host, port, path, ipv6Only }: ListenOptions, boundPort = port): string | undefined {
  if (path !== undefined) return `unix:${path}`;
  if (boundPort === 0) return undefined;
  return `${plainAddress(host)} ${boundPort}${ipv6Only && host.includes(':') ? ' IPv6 only' : ''}`;
}

/** True when the socket for `wide` gets the connections to the address of `one`, too. */
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

/** One text for an address, however it was written. */
function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  const plain = address.replace(/%.*$/, '');
  return isIP(plain) === 6 ? new SocketAddress({ address: plain, family: 'ipv6' }).address : plain;
}

/** As nginx leaves it: whoever reaches the folder may connect. */
function openToAll(path: string): void {
  try {
    chmodSync(path, 0o666);
  } catch {
    // Another process has bound it, with rights that this one does not have: who may connect is for that one to say.
  }
}

/** Node tells `EACCES` of a folder that is not there, for the sake of other systems. */
function withRealReason(error: NodeJS.ErrnoException, path: string): Error {
  if (error.code !== 'EACCES' || existsSync(dirname(path))) return error;
  return Object.assign(error, { code: 'ENOENT', errno: -2 });
}
