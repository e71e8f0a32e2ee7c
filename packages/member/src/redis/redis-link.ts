import { EventEmitter } from 'node:events';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { redisProblem } from './redis-problem.js';
import { readRedisUrl } from './redis-url.js';
import type { RedisAddress } from './redis-url.js';
import { Subscriptions } from './subscriptions.js';

export interface RedisLinkOptions {
  /** Milliseconds between two attempts to connect, at most. Default 2,000. */
  readonly retryMax?: number;
  /** Milliseconds without any answer to something asked after which a connection is given up. Default 5,000. */
  readonly silenceMax?: number;
  /** Bytes of messages given to Redis and not yet confirmed; what would go beyond is dropped. Default 16 MiB. */
  readonly pendingMax?: number;
}

interface LinkEvents {
  /** All connections stand: messages can be published and are received. */
  up: [];
  /** One of them was lost, or could not be made; told once until `up`. */
  down: [problem: string];
}

type Receive = (channel: Buffer, message: Buffer) => void;
type ReceivePattern = (pattern: Buffer, channel: Buffer, message: Buffer) => void;

/**
 * The two connections to Redis that a Socket.IO server needs, one to publish and ask, one to receive, made so that Redis
 * may come and go: nothing waits in an unbounded queue while it is away, no rejected promise is left unhandled, both
 * connections come back by themselves, and the subscriptions with them.
 */
export class RedisLink extends EventEmitter<LinkEvents> {
  /** `host:port`, never a password. */
  readonly address: string;
  /** For commands. Those given while it is not `ready` are refused at once. */
  readonly commands: Redis;
  readonly subscriptions: Subscriptions;
  readonly #subscriber: Redis;
  /** Those beside the two. */
  readonly #others = new Set<Redis>();
  readonly #options: ReturnType<typeof connectionOptions>;
  readonly #pendingMax: number;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #receivers = new Set<Receive>();
  readonly #shardReceivers = new Set<Receive>();
  readonly #patternReceivers = new Set<ReceivePattern>();
  #problem = 'not connected yet';
  #told: 'up' | 'down' | undefined;
  #pending = 0;
  #dropped = 0;
  #closed = false;

  constructor(address: RedisAddress, options: RedisLinkOptions = {}) {
    super();
    this.address = address.shown;
    this.#pendingMax = options.pendingMax ?? 16 * 1024 * 1024;
    this.#options = connectionOptions(address, options);
    this.commands = this.#connect();
    this.#subscriber = this.#connect();
    this.subscriptions = new Subscriptions(
      this.#subscriber,
      () => this.#check(),
      (problem) => this.#failed(problem),
    );
    this.#subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      for (const receive of this.#receivers) receive(channel, message);
    });
    this.#subscriber.on('smessageBuffer', (channel: Buffer, message: Buffer) => {
      for (const receive of this.#shardReceivers) receive(channel, message);
    });
    this.#subscriber.on('pmessageBuffer', (pattern: Buffer, channel: Buffer, message: Buffer) => {
      for (const receive of this.#patternReceivers) receive(pattern, channel, message);
    });
    // Something is asked on both connections, so that silence is noticed even where nobody publishes.
    this.#heartbeat = setInterval(() => this.#ping(), Math.max(10, (options.silenceMax ?? 5_000) / 2));
    this.#heartbeat.unref();
  }

  /** True while all connections stand and every subscription is confirmed. */
  get ready(): boolean {
    for (const client of this.#others) {
      if (client.status !== 'ready') return false;
    }
    return this.commands.status === 'ready' && this.subscriptions.complete;
  }

  /** Why it is not `ready`, for a person; undefined when it is. */
  get problem(): string | undefined {
    return this.ready ? undefined : this.#problem;
  }

  /** Messages dropped so far because Redis was away or too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * A further connection, for commands that keep it waiting. The link is `ready` only with it, until it is closed with
   * {@link release}.
   */
  open(): Redis {
    const client = this.#connect();
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
   * Publishes a message, or drops it when Redis is away or more than `pendingMax` bytes behind.
   *
   * @returns how many subscribers got it
   * @throws Error when it was dropped, with the reason for a person
   */
  publish(channel: string, message: string | Buffer): Promise<number> {
    return this.give(message.length, () => this.commands.publish(channel, message));
  }

  /**
   * Gives Redis a message of `size` bytes with any command, under the same terms as {@link publish}.
   *
   * @throws Error when it was dropped, with the reason for a person
   */
  async give<T>(size: number, command: () => Promise<T>): Promise<T> {
    if (this.commands.status !== 'ready') {
      this.#dropped += 1;
      throw new Error(`not connected to ${this.address}: ${this.#problem}`);
    }
    if (this.#pending + size > this.#pendingMax) {
      this.#dropped += 1;
      throw new Error(`${this.address} is ${this.#pending} bytes behind`);
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

  /** Ends all connections for good. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#heartbeat);
    this.subscriptions.close();
    for (const client of this.#all()) client.disconnect();
  }

  #connect(): Redis {
    // The subscriptions are restored by those of the link.
    const client = new Redis({ ...this.#options, autoResubscribe: false });
    client.on('error', (error) => this.#failed(redisProblem(error)));
    client.on('close', () => this.#failed(this.#told === 'up' ? 'connection lost' : this.#problem));
    client.on('ready', () => this.#check());
    return client;
  }

  #all(): Redis[] {
    return [this.commands, this.#subscriber, ...this.#others];
  }

  #check(): void {
    if (this.#closed || !this.ready || this.#told === 'up') return;
    this.#told = 'up';
    this.emit('up');
  }

  #failed(problem: string): void {
    if (this.#closed) return;
    this.#problem = problem;
    if (this.#told === 'down') return;
    this.#told = 'down';
    this.emit('down', problem);
  }

  #ping(): void {
    for (const client of this.#all()) {
      // A refused or lost ping is told by the connection's own 'error' and 'close'.
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
    // RESP2 is what every Redis-compatible server speaks.
    protocol: 2,
    replyMapping: 'legacy',
    // What cannot be sent now is refused now; what was sent on a lost connection is rejected, not sent again.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 3_000,
    socketTimeout: options.silenceMax ?? 5_000,
    // Half to all of the delay: nodes that lost the same Redis do not come back in step.
    retryStrategy: (attempt) => Math.min(retryMax, 50 * 2 ** Math.min(attempt, 16)) * (0.5 + Math.random() / 2),
    // After a failover the connection may be to a replica; the new primary is behind the same name.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/**
 * Connects to the Redis of `url` (`redis://[[user]:password@]host[:port][/database]`, `rediss://` for TLS) and stays
 * connected, or keeps trying. Redis need not be there yet.
 *
 * @throws RedisUrlError (code `bad_redis_url`)
 */
export function connectRedis(url: string, options: RedisLinkOptions = {}): RedisLink {
  return new RedisLink(readRedisUrl(url), options);
}
