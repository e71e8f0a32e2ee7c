import type { ListenOptions } from '../options/listener.js';
import type { ListenerHost } from './listener.js';
import { Listener } from './listener.js';
import type { ListenerStatus } from '../status/status.js';
import { absorbs, listenKey, ListeningSocket } from './listening-socket.js';

/** The address a listener is bound to. */
export interface BoundAddress {
  /** Empty for a Unix socket. */
  readonly host: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  readonly path?: string;
  readonly tls: boolean;
}

/** A listener and the socket of its connections: its own, or that of a listener for all addresses of the port. */
interface Entry {
  readonly listener: Listener;
  readonly options: ListenOptions;
  readonly socket: ListeningSocket;
  readonly isOwner: boolean;
}

/** All listeners of a proxy and their sockets, which they may share. */
export class Listeners {
  readonly #host: ListenerHost;
  #entries: readonly Entry[] = [];

  constructor(options: readonly ListenOptions[], host: ListenerHost) {
    this.#host = host;
    this.#take(this.#plan(options));
  }

  /**
   * Binds every listener, or none.
   *
   * @throws the system's error with `code`, `address` and `port`
   */
  listen(): Promise<void> {
    return bindAll(socketsOf(this.#entries));
  }

  /**
   * Takes new options: sockets on the same address stay open, and new ones are bound first. When one cannot be bound,
   * nothing changes.
   *
   * @returns the listeners that were removed
   * @throws the system's error
   */
  async update(options: readonly ListenOptions[]): Promise<ReadonlySet<Listener>> {
    const before = socketsOf(this.#entries);
    const removed = new Set(this.#entries.map(({ listener }) => listener));
    const entries = this.#plan(options);
    const sockets = socketsOf(entries);
    await bindAll(sockets.filter((socket) => !before.includes(socket)));
    entries.forEach(({ listener, options: one }, index) => {
      if (removed.delete(listener)) listener.update(one, index);
    });
    this.#take(entries);
    for (const socket of before) if (!sockets.includes(socket)) socket.close();
    return removed;
  }

  get addresses(): readonly BoundAddress[] {
    return this.#entries.flatMap(({ options, socket, isOwner }): readonly BoundAddress[] => {
      const { host, path, tls: given } = options;
      const tls = given !== undefined;
      if (path !== undefined) return [{ host: '', port: 0, path, tls }];
      const bound = socket.address;
      return bound === undefined ? [] : [{ host: isOwner ? bound.host : host, port: bound.port, tls }];
    });
  }

  /** Names and counters of the listeners. */
  get status(): readonly ListenerStatus[] {
    return this.#entries.map(({ listener, options, socket }) => {
      const port = socket.address?.port ?? options.port;
      const name = listener.nameAt(port);
      const { accepted, connections, maxConnections, requests, errors } = listener.counts;
      return { name, tls: options.tls !== undefined, accepted, connections, maxConnections, requests, errors };
    });
  }

  /** Stops accepting connections. */
  close(): void {
    for (const socket of socketsOf(this.#entries)) socket.close();
  }

  /** Entries for these options; listeners and sockets on the same address are reused. */
  #plan(options: readonly ListenOptions[]): readonly Entry[] {
    const wideOf = (one: ListenOptions): ListenOptions | undefined => options.find((wide) => absorbs(wide, one));
    const sockets = new Map<ListenOptions, ListeningSocket>();
    const listeners = options.map((one, index) => {
      const known = this.#find(one);
      const listener = known?.listener ?? new Listener(one, index, this.#host);
      if (wideOf(one) === undefined) {
        const own = known?.isOwner === true ? known.socket : undefined;
        sockets.set(one, own ?? new ListeningSocket(one, (error) => this.#host.onListenError(error, listener)));
      }
      return listener;
    });
    return options.flatMap((one, index): readonly Entry[] => {
      const listener = listeners[index];
      const socket = sockets.get(wideOf(one) ?? one);
      if (listener === undefined || socket === undefined) return [];
      return [{ listener, options: one, socket, isOwner: sockets.has(one) }];
    });
  }

  #find(one: ListenOptions): Entry | undefined {
    const key = listenKey(one);
    if (key === undefined) return undefined;
    return this.#entries.find(
      ({ options, socket, isOwner }) => key === listenKey(options, isOwner ? socket.address?.port : undefined),
    );
  }

  /** Sets the listeners of every socket. */
  #take(entries: readonly Entry[]): void {
    this.#entries = entries;
    for (const { listener, socket } of entries.filter(({ isOwner }) => isOwner)) {
      const guests = entries.filter((one) => one.socket === socket && !one.isOwner);
      socket.serve(
        listener,
        guests.map((one) => one.listener),
      );
    }
  }
}

function socketsOf(entries: readonly Entry[]): readonly ListeningSocket[] {
  return entries.flatMap(({ socket, isOwner }) => (isOwner ? [socket] : []));
}

/** Binds all sockets, or none. @throws the system's error when one cannot be bound */
async function bindAll(sockets: readonly ListeningSocket[]): Promise<void> {
  try {
    for (const socket of sockets) await socket.listen();
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
}
