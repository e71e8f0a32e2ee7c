import type { RedisLink } from './redis-link.js';

type MessageListener = (channel: Buffer, message: Buffer) => unknown;
type PatternListener = (pattern: Buffer, channel: Buffer, message: Buffer) => unknown;

/**
 * What `createAdapter` and `createShardedAdapter` of `@socket.io/redis-adapter` take:
 * `createAdapter(clients.pubClient, clients.subClient)`.
 */
export interface AdapterClients {
  readonly pubClient: PubClient;
  readonly subClient: SubClient;
}

/**
 * The two clients for `@socket.io/redis-adapter`, over a {@link RedisLink}.
 *
 * The adapter drops the promises of what it publishes and subscribes, and lets what a message makes it throw through to
 * the connection; with bare ioredis clients both end the process. Here a message for a Redis that is away is dropped
 * (the link counts it), subscriptions are the link's to keep, and a message that the adapter cannot take is told to
 * `onBadMessage`.
 *
 * @param onBadMessage told what the adapter threw. Default: not told
 */
export function createAdapterClients(link: RedisLink, onBadMessage: (error: unknown) => void = ignore): AdapterClients {
  return { pubClient: new PubClient(link), subClient: new SubClient(link, onBadMessage) };
}

function ignore(): void {
  // The caller asked for no word of it.
}

/**
 * Answers the one thing that the adapters ask, how many nodes subscribe to a channel (`PUBSUB NUMSUB`). Where Redis cannot
 * be asked a node is alone: some adapters leave the promise of a failure to nobody, which would end the process.
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

/** The publishing half, with the ioredis names that the adapter calls. */
class PubClient {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  publish(channel: string, message: string | Buffer): void {
    // The link counts what it drops.
    this.#link.publish(channel, message).catch(ignore);
  }

  /** The adapter waits for the answer before it serves its own clients: they are not kept waiting for a slow Redis. */
  spublish(channel: string, message: string | Buffer): Promise<number> {
    const { commands } = this.#link;
    this.#link.give(message.length, () => commands.spublish(channel, message)).catch(ignore);
    return Promise.resolve(0);
  }

  send_command(command: string, args: readonly string[], done: (error: unknown, reply?: unknown) => void): void {
    countSubscribers(this.#link, command, args, done);
  }

  /** The adapter listens for errors only to remind its user to. The link has its own listeners. */
  on(_event: 'error', _listener: () => void): this {
    return this;
  }

  off(_event: 'error', _listener: () => void): this {
    return this;
  }
}

/** The receiving half, with the ioredis names that the adapter calls. */
class SubClient {
  readonly #link: RedisLink;
  readonly #onBadMessage: (error: unknown) => void;
  readonly #guarded = new Map<unknown, (...args: Buffer[]) => void>();

  constructor(link: RedisLink, onBadMessage: (error: unknown) => void) {
    this.#link = link;
    this.#onBadMessage = onBadMessage;
  }

  subscribe(channels: string | readonly string[]): void {
    // The link tells of what Redis refuses, and asks again.
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
