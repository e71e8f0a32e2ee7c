import type { RedisLink } from './redis-link.js';

type MessageListener = (channel: Buffer, message: Buffer) => unknown;
type PatternListener = (pattern: Buffer, channel: Buffer, message: Buffer) => unknown;

/**
 * The clients that `createAdapter` and `createShardedAdapter` of `@socket.io/redis-adapter` take.
 *
 * @example createAdapter(clients.pubClient, clients.subClient)
 */
export interface AdapterClients {
  readonly pubClient: PubClient;
  readonly subClient: SubClient;
}

/**
 * Makes the two clients for `@socket.io/redis-adapter`, over a {@link RedisLink}.
 *
 * The adapter drops the promises of what it publishes and subscribes, and a message that it cannot read makes it throw into
 * the connection's listener. With bare ioredis clients both end the process
 * (https://github.com/socketio/socket.io-redis-adapter/issues/513). Here a message is dropped while Redis is down (the link
 * counts it), the link keeps the subscriptions, and `onBadMessage` gets what the adapter throws.
 *
 * @param onBadMessage default: ignores the error
 */
export function createAdapterClients(link: RedisLink, onBadMessage: (error: unknown) => void = ignore): AdapterClients {
  return { pubClient: new PubClient(link), subClient: new SubClient(link, onBadMessage) };
}

function ignore(): void {
  // The default of `onBadMessage`.
}

/**
 * Answers the adapters' only question, how many nodes subscribe to a channel (`PUBSUB NUMSUB`). While Redis is down the
 * answer is one node, because some adapters do not handle the rejection of a failure, which would end the process.
 */
export function countSubscribers(
  link: RedisLink,
  command: string,
  args: readonly string[],
  done: (error: unknown, reply?: unknown) => void,
): void {
  link.commands.call(command, ...args).then(
    (reply) => done(null, reply),
    () => done(null, [args[1], 1]),
  );
}

/** The publishing half, with the methods of ioredis that the adapter calls. */
class PubClient {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  publish(channel: string, message: string | Buffer): void {
    // The link counts what it drops.
    this.#link.publish(channel, message).catch(ignore);
  }

  /** Answers at once: the adapter serves its own clients only after the answer, and they must not wait for a slow Redis. */
  spublish(channel: string, message: string | Buffer): Promise<number> {
    const { commands } = this.#link;
    this.#link.give(message.length, () => commands.spublish(channel, message)).catch(ignore);
    return Promise.resolve(0);
  }

  send_command(command: string, args: readonly string[], done: (error: unknown, reply?: unknown) => void): void {
    countSubscribers(this.#link, command, args, done);
  }

  /** The adapter listens for errors only to warn when no listener is set. The link has its own listeners. */
  on(_event: 'error', _listener: () => void): this {
    return this;
  }

  off(_event: 'error', _listener: () => void): this {
    return this;
  }
}

/** The receiving half, with the methods of ioredis that the adapter calls. */
class SubClient {
  readonly #link: RedisLink;
  readonly #onBadMessage: (error: unknown) => void;
  readonly #guarded = new Map<unknown, (...args: Buffer[]) => void>();

  constructor(link: RedisLink, onBadMessage: (error: unknown) => void) {
    this.#link = link;
    this.#onBadMessage = onBadMessage;
  }

  subscribe(channels: string | readonly string[]): void {
    // The link reports a refusal of Redis, and tries again.
    this.#link.subscriptions.add('subscribe', [channels].flat()).catch(ignore);
  }

  psubscribe(pattern: string): void {
    this.#link.subscriptions.add('psubscribe', [pattern]).catch(ignore);
  }

  ssubscribe(channel: string): void {
    this.#link.subscriptions.add('ssubscribe', [channel]).catch(ignore);
  }

  unsubscribe(channels: string | readonly string[]): void {
    this.#link.subscriptions.remove('subscribe', [channels].flat());
  }

  punsubscribe(pattern: string): void {
    this.#link.subscriptions.remove('psubscribe', [pattern]);
  }

  sunsubscribe(channel: string): void {
    this.#link.subscriptions.remove('ssubscribe', [channel]);
  }

  on(event: 'messageBuffer' | 'smessageBuffer', listener: MessageListener): this;
  on(event: 'pmessageBuffer', listener: PatternListener): this;
  on(event: 'error', listener: () => void): this;
  on(event: string, listener: (...args: never[]) => unknown): this {
    if (event === 'error') return this;
    const guarded = this.#guard(listener as (...args: Buffer[]) => unknown);
    this.#guarded.set(listener, guarded);
    if (event === 'messageBuffer') this.#link.onMessage(guarded);
    else if (event === 'smessageBuffer') this.#link.onShardMessage(guarded);
    else this.#link.onPatternMessage(guarded);
    return this;
  }

  off(event: string, listener: unknown): this {
    const guarded = this.#guarded.get(listener);
    if (guarded === undefined) return this;
    this.#guarded.delete(listener);
    if (event === 'messageBuffer') this.#link.offMessage(guarded);
    else if (event === 'smessageBuffer') this.#link.offShardMessage(guarded);
    else this.#link.offPatternMessage(guarded);
    return this;
  }

  #guard(listener: (...args: Buffer[]) => unknown): (...args: Buffer[]) => void {
    return (...args) => {
      try {
        const result = listener(...args);
        if (result instanceof Promise) result.catch(this.#onBadMessage);
      } catch (error) {
        this.#onBadMessage(error);
      }
    };
  }
}
