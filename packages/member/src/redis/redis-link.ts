import { EventEmitter } from 'node:events';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { redisProblem } from './redis-problem.js';
import { readRedisUrl } from './redis-url.js';
import type { RedisAddress } from './redis-url.js';
import { Subscriptions } from './subscriptions.js';

export interface RedisLinkOptions {
  /** Milliseconds between two attempts to connect, at most. They begin at 50 to 100 ms and double. Default 2,000. */
  readonly retryMax?: number;
  /** Milliseconds without an answer to a command after which a connection is given up. Default 5,000. */
  readonly silenceMax?: number;
  /** Bytes of messages in flight to Redis; a message beyond them is dropped. Default 16 MiB. */
  readonly pendingMax?: number;
}

interface LinkEvents {
  /** All connections are ready: messages can be published and are received. */
  up: [];
  /** A connection was lost, or could not be made. Emitted once until `up`. */
  down: [problem: string];
}

type Receive = (channel: Buffer, message: Buffer) => void;
type ReceivePattern = (pattern: Buffer, channel: Buffer, message: Buffer) => void;

/**
 * The two connections to Redis that a Socket.IO server needs, one for commands and one to receive. Redis may go down and come
 * back: meanwhile nothing waits in an unbounded queue and no rejected promise stays unhandled, and both connections
 * reconnect and restore their subscriptions.
 */
export class RedisLink extends EventEmitter<LinkEvents> {
  /** `host:port`, never a password. */
  readonly address: string;
  /** The connection for commands. It refuses commands at once while it is not `ready`. */
  readonly commands: Redis;
  readonly subscriptions: Subscriptions;
  readonly #subscriber: Redis;
  /** Connections of {@link open}. */
  readonly #others = new Set<Redis>();
  readonly #options: ReturnType<typeof connectionOptions>;
  readonly #pendingMax: number;
  /** Milliseconds between two pings. */
  readonly #pingInterval: number;
  #heartbeat: NodeJS.Timeout | undefined;
  readonly #receivers = new Set<Receive>();
  readonly #shardReceivers = new Set<Receive>();
  readonly #patternReceivers = new Set<ReceivePattern>();
  #problem = 'not connected yet';
  #lastEvent: 'up' | 'down' | undefined;
  #pending = 0;
  #dropped = 0;
  #closed = false;

  /** @param commands and `subscriber`: connections without listeners */
  private constructor(address: RedisAddress, options: RedisLinkOptions, commands: Redis, subscriber: Redis) {
    super();
    this.address = address.shown;
    this.#pendingMax = options.pendingMax ?? 16 * 1024 * 1024;
    this.#pingInterval = Math.max(10, (options.silenceMax ?? 5_000) / 2);
    this.#options = connectionOptions(address, options);
    this.commands = commands;
    this.#subscriber = subscriber;
    this.subscriptions = new Subscriptions(
      this.#subscriber,
      () => this.#check(),
      (problem) => this.#failed(problem),
    );
  }

  /** Connects to the Redis at `address`, and reconnects until the link is closed. */
  static connect(address: RedisAddress, options: RedisLinkOptions = {}): RedisLink {
    const given = connectionOptions(address, options);
    const link = new RedisLink(address, options, new Redis(given), new Redis(given));
    link.#start();
    return link;
  }

  #start(): void {
    this.#watch(this.commands);
    this.#watch(this.#subscriber);
    this.subscriptions.start();
    this.#subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      for (const receive of this.#receivers) receive(channel, message);
    });
    this.#subscriber.on('smessageBuffer', (channel: Buffer, message: Buffer) => {
      for (const receive of this.#shardReceivers) receive(channel, message);
    });
    this.#subscriber.on('pmessageBuffer', (pattern: Buffer, channel: Buffer, message: Buffer) => {
      for (const receive of this.#patternReceivers) receive(pattern, channel, message);
    });
    // A command on both connections makes silence visible where nothing is published.
    this.#heartbeat = setInterval(() => this.#ping(), this.#pingInterval);
    this.#heartbeat.unref();
  }

  /** True while all connections are ready and every subscription is confirmed. */
  get ready(): boolean {
    for (const client of this.#others) {
      if (client.status !== 'ready') return false;
    }
    return this.commands.status === 'ready' && this.subscriptions.complete;
  }

  /** Why the link is not `ready`, for people; undefined when it is. */
  get problem(): string | undefined {
    return this.ready ? undefined : this.#problem;
  }

  /** Messages dropped so far because Redis was down or too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Opens a further connection for commands that block. Until {@link release} closes it, the link is `ready` only when that
   * connection is.
   */
  open(): Redis {
    const client = new Redis(this.#options);
    this.#watch(client);
    this.#others.add(client);
    return client;
  }

  /** Closes a connection of {@link open}. */
  release(client: Redis): void {
    this.#others.delete(client);
    client.disconnect();
    this.#check();
  }

  /**
   * Publishes a message, or drops it when Redis is down or more than `pendingMax` bytes behind.
   *
   * @returns how many subscribers got it
   * @throws Error when it was dropped, with the reason for people
   */
  publish(channel: string, message: string | Buffer): Promise<number> {
    return this.give(message.length, () => this.commands.publish(channel, message));
  }

  /**
   * Sends a message of `size` bytes with any command, under the terms of {@link publish}.
   *
   * @throws Error when it was dropped, with the reason for people
   */
  async give<T>(size: number, command: () => Promise<T>): Promise<T> {
    if (this.commands.status !== 'ready') {
      this.#dropped += 1;
      throw new Error(`not connected to ${this.address}: ${this.#problem}`);
    }
    if (this.#pending + size > this.#pendingMax) {
      this.#dropped += 1;
      throw new Error(`${this.address} is too slow: ${this.#pending} bytes wait for it`);
    }
    this.#pending += size;
    try {
      return await command();
    } catch (error) {
      this.#dropped += 1;
      throw error;
    } finally {
      this.#pending -= size;
    }
  }

  /** Calls `receive` with every message of a subscribed channel. */
  onMessage(receive: Receive): void {
    this.#receivers.add(receive);
  }

  offMessage(receive: Receive): void {
    this.#receivers.delete(receive);
  }

  /** Calls `receive` with every message of a subscribed channel of sharded pub/sub. */
  onShardMessage(receive: Receive): void {
    this.#shardReceivers.add(receive);
  }

  offShardMessage(receive: Receive): void {
    this.#shardReceivers.delete(receive);
  }

  /** Calls `receive` with every message of a subscribed pattern. */
  onPatternMessage(receive: ReceivePattern): void {
    this.#patternReceivers.add(receive);
  }

  offPatternMessage(receive: ReceivePattern): void {
    this.#patternReceivers.delete(receive);
  }

  /** Closes all connections for good. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#heartbeat);
    this.subscriptions.close();
    for (const client of this.#all()) client.disconnect();
  }

  #watch(client: Redis): void {
    client.on('error', (error) => this.#failed(redisProblem(error)));
    client.on('close', () => this.#failed(this.#lastEvent === 'up' ? 'connection lost' : this.#problem));
    client.on('ready', () => this.#check());
  }

  #all(): Redis[] {
    return [this.commands, this.#subscriber, ...this.#others];
  }

  #check(): void {
    if (this.#closed || !this.ready || this.#lastEvent === 'up') return;
    this.#lastEvent = 'up';
    this.emit('up');
  }

  #failed(problem: string): void {
    if (this.#closed) return;
    this.#problem = problem;
    if (this.#lastEvent === 'down') return;
    this.#lastEvent = 'down';
    this.emit('down', problem);
  }

  #ping(): void {
    for (const client of this.#all()) {
      // The connection's events 'error' and 'close' report a refused or lost ping.
      if (client.status === 'ready') client.ping().catch(() => undefined);
    }
  }
}

function connectionOptions(
  address: RedisAddress,
  options: RedisLinkOptions,
): RedisOptions & { replyMapping: 'legacy' } {
  const retryMax = options.retryMax ?? 2_000;
  return {
    host: address.host,
    port: address.port,
    db: address.db,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.tls ? { tls: { servername: address.host } } : {}),
    // Every Redis-compatible server speaks RESP2.
    protocol: 2,
    replyMapping: 'legacy',
    // `Subscriptions` restores them.
    autoResubscribe: false,
    // A command that cannot be sent is refused at once; one that was in flight on a lost connection is not repeated.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 3_000,
    socketTimeout: options.silenceMax ?? 5_000,
    // A random half of the delay keeps nodes that lost the same Redis from reconnecting at the same moment.
    retryStrategy: (attempt) => Math.min(retryMax, 50 * 2 ** Math.min(attempt, 16)) * (0.5 + Math.random() / 2),
    // After a failover the connection may lead to a replica; the new primary has the same name.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/**
 * Connects to the Redis of `url` (`redis://[[user]:password@]host[:port][/database]`, `rediss://` for TLS) and reconnects
 * until it is closed. Redis need not be up yet.
 *
 * @throws RedisUrlError (code `bad_redis_url`)
 * @example const redis = connectRedis('redis://127.0.0.1:6379');
 */
export function connectRedis(url: string, options: RedisLinkOptions = {}): RedisLink {
  return RedisLink.connect(readRedisUrl(url), options);
}
