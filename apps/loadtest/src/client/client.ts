import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { ClientToServerEvents, ServerToClientEvents } from '@pinwheel/protocol';
import { Manager, type ManagerOptions, type Socket } from 'socket.io-client';
import type { TransportName } from '../options/transports.js';
import { causeOf } from './cause.js';
import { carriedText, echoPacket, sayPacket, ShortcutPolling, type TakeOption } from './shortcut.js';
import { LeanWebSocket } from './websocket.js';

export interface ClientOptions {
  readonly url: string;
  readonly transport: TransportName;
  readonly localAddress: string | undefined;
  /** The room to join; undefined in mode `echo`. */
  readonly room: string | undefined;
  /** Uses the library's own WebSocket and decoder in place of the lean ones. */
  readonly stock: boolean;
}

/** The events of a client. */
export interface ClientWatcher {
  /** The server's first answer has arrived: the session is open. */
  opened(client: LoadClient): void;
  connected(client: LoadClient): void;
  upgraded(client: LoadClient): void;
  /** The server has confirmed that the client is in its room, or has answered an echo. */
  entered(client: LoadClient): void;
  left(client: LoadClient, reason: string): void;
  failed(client: LoadClient, cause: string): void;
  /** A room message or an echo has arrived. */
  received(client: LoadClient, payload: unknown): void;
  /** The connection has taken a message, later than it was handed over. */
  flushed(client: LoadClient, message: number): void;
}

const NO_NODE = '?';

/** A socket.io-client with a connection of its own and the library's defaults, reconnecting included. */
export class LoadClient {
  readonly index: number;
  /** The client's place in its room. */
  readonly member: number;
  readonly options: ClientOptions;
  /** The node of the last greeting. */
  node = NO_NODE;
  /**
   * The times at which the client last began to connect, got its session, was connected, lost its connection
   * (`performance.now()`).
   */
  startedAt = 0;
  openedAt = 0;
  leftAt = 0;
  online = false;
  wasOnline = false;
  /** Number of messages sent. */
  sequence = 0;
  readonly #watcher: ClientWatcher;
  readonly #manager: Manager<ServerToClientEvents, ClientToServerEvents>;
  readonly #socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  /** Numbers of the messages that the connection has not taken yet. */
  readonly #waiting: number[] = [];
  #handingOver = false;
  #gone = false;

  constructor(index: number, member: number, options: ClientOptions, watcher: ClientWatcher) {
    this.index = index;
    this.member = member;
    this.options = options;
    this.#watcher = watcher;
    const manager = new Manager<ServerToClientEvents, ClientToServerEvents>(options.url, {
      autoConnect: false,
      rejectUnauthorized: false,
      ...connectionOptions(options),
      ...(options.stock ? { transports: STOCK[options.transport] } : this.#lean()),
    });
    this.#manager = manager;
    this.#socket = manager.socket('/');
    this.#listen(manager);
  }

  connect(): void {
    this.startedAt = performance.now();
    this.#socket.connect();
  }

  /** Hands message number `message` to the connection. */
  send(message: number, payload: string): void {
    this.sequence++;
    const { room, stock } = this.options;
    if (stock) {
      this.#handOver(message, () => {
        if (room === undefined) this.#socket.emit('echo', payload, this.#onEcho);
        else this.#socket.emit('say', room, payload);
      });
      return;
    }
    const { engine } = this.#manager;
    const packet = room === undefined ? echoPacket(payload) : sayPacket(room, payload);
    const { readyState, transport, writeBuffer } = engine;
    const idle = transport instanceof LeanWebSocket && readyState === 'open' && writeBuffer.length === 0;
    // The connection took the message at once: the time of sending is right already.
    if (idle && transport.sendNow(packet)) return;
    this.#handOver(message, () => engine.write(packet));
  }

  leave(): void {
    this.#gone = true;
    this.#socket.disconnect();
  }

  /** Sends through the engine, which reports when the connection takes the message. */
  #handOver(message: number, send: () => void): void {
    this.#waiting.push(message);
    this.#handingOver = true;
    send();
    this.#handingOver = false;
  }

  readonly #onEcho = (payload: unknown): void => this.#watcher.received(this, payload);

  #listen(manager: Manager): void {
    const socket = this.#socket;
    const watcher = this.#watcher;
    manager.on('open', () => {
      const { engine } = manager;
      this.openedAt = performance.now();
      watcher.opened(this);
      engine.on('flush', this.#onFlush);
      engine.on('upgrade', () => watcher.upgraded(this));
    });
    socket.on('server', ({ server }) => {
      this.node = server;
    });
    socket.on('said', ({ payload }) => watcher.received(this, payload));
    socket.on('connect', () => {
      this.node = NO_NODE;
      watcher.connected(this);
      this.#enter();
    });
    socket.on('connect_error', (error) => watcher.failed(this, causeOf(error)));
    socket.on('disconnect', (reason) => {
      if (this.#gone) return;
      this.#waiting.length = 0;
      this.leftAt = performance.now();
      watcher.left(this, reason);
      this.online = false;
    });
  }

  #enter(): void {
    const socket = this.#socket;
    const { id } = socket;
    const entered = (): void => {
      // An answer that came on an earlier connection proves nothing about this one.
      if (this.#gone || socket.id !== id || this.online) return;
      this.online = true;
      this.#watcher.entered(this);
      this.wasOnline = true;
    };
    const { room } = this.options;
    if (room === undefined) socket.emit('echo', '', entered);
    else {
      socket.emit('join', room, (answer) => {
        if (answer.ok) entered();
        else this.#watcher.failed(this, `join: ${answer.error.code}`);
      });
    }
  }

  #lean(): Pick<ManagerOptions, 'transports' | 'transportOptions'> {
    const own = { take: this.#take } satisfies TakeOption;
    return { transports: LEAN[this.options.transport], transportOptions: { websocket: own, polling: own } };
  }

  readonly #take = (packet: string): boolean => {
    if (!this.online) return false;
    const text = carriedText(packet);
    if (text === undefined) return false;
    this.#watcher.received(this, text);
    return true;
  };

  readonly #onFlush = (): void => {
    const waiting = this.#waiting;
    // The connection took the message at once, as nearly always: the time of sending is right already.
    if (waiting.length === 1 && this.#handingOver) {
      waiting.length = 0;
      return;
    }
    for (const message of waiting) this.#watcher.flushed(this, message);
    waiting.length = 0;
  };
}

/** The transports of a client: the library's own, or ours, which the option `transports` puts in their place. */
const STOCK = {
  websocket: ['websocket'],
  polling: ['polling'],
  upgrade: ['polling', 'websocket'],
} satisfies Transports;
const LEAN = {
  websocket: [LeanWebSocket],
  polling: [ShortcutPolling],
  upgrade: [ShortcutPolling, LeanWebSocket],
} satisfies Transports;

type Transports = Record<TransportName, ManagerOptions['transports']>;

/** Kept-alive connections of one client, as a browser has them. */
function connectionOptions(options: ClientOptions): { agent?: boolean; localAddress?: string } {
  const { localAddress, transport, url } = options;
  const local = localAddress === undefined ? {} : { localAddress };
  if (transport === 'websocket') return local;
  const settings = { ...local, keepAlive: true };
  const agent: unknown = url.startsWith('https:') ? new SecureAgent(settings) : new Agent(settings);
  // The declared type lacks Node's agents, which the client passes to its requests.
  return { ...local, agent: agent as boolean };
}
