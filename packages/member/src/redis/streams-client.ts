import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { countSubscribers } from './adapter-clients.js';
import type { RedisLink } from './redis-link.js';

/** Milliseconds between a refused XREAD and the next attempt. */
const RETRY_MS = 1_000;

type Entries = Awaited<ReturnType<Redis['xread']>>;
type Receive = (channel: Buffer, message: Buffer) => void;

/**
 * Makes the client for `createAdapter` of `@socket.io/redis-streams-adapter`, over a {@link RedisLink}, which opens a third
 * connection for its reads.
 *
 * The adapter repeats a failed read at once and drops promises: with a bare ioredis client that refuses commands while
 * Redis is down, the process does nothing else. Here a read waits until Redis is back and continues where it stopped.
 * Messages published while Redis is down are dropped, and the link counts them.
 */
export function createStreamsClient(link: RedisLink): StreamsClient {
  return new StreamsClient(link);
}

/** The writing half, with the methods of ioredis that the adapter calls. */
export class StreamsClient {
  readonly options = { lazyConnect: false } as const;
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  duplicate(): StreamsReader {
    return new StreamsReader(this.#link);
  }

  /** Answers at once: the adapter serves its own clients only after the answer, and they must not wait for a slow Redis. */
  xadd(args: readonly (string | number)[]): Promise<string> {
    const size = args.reduce<number>((bytes, arg) => bytes + String(arg).length, 0);
    this.#link.give(size, () => this.#link.commands.call('XADD', ...args)).catch(() => undefined);
    return Promise.resolve('');
  }

  publish(channel: string, message: Buffer): Promise<number> {
    this.#link.publish(channel, message).catch(() => undefined);
    return Promise.resolve(0);
  }

  send_command(command: string, args: readonly string[], done: (error: unknown, reply?: unknown) => void): void {
    countSubscribers(this.#link, command, args, done);
  }
}

/** The adapter's second client: the link's subscriber, and a connection of its own once it reads. */
class StreamsReader {
  readonly #link: RedisLink;
  #connection: Redis | undefined;
  #last: string | undefined;
  #receive: Receive | undefined;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  /** The adapter's own listener catches its errors, and ignores errors of the client. */
  on(event: 'messageBuffer', listener: Receive): this;
  on(event: 'error', listener: () => void): this;
  on(event: string, listener: (...args: never[]) => unknown): this {
    if (event !== 'messageBuffer') return this;
    this.#receive = listener as Receive;
    this.#link.onMessage(this.#receive);
    return this;
  }

  subscribe(channels: readonly string[]): void {
    // The link reports a refusal of Redis, and tries again.
    this.#link.subscriptions.add('subscribe', channels).catch(() => undefined);
  }

  /** Waits for entries, over lost connections too. Null when none came in time, and when the client is closed. */
  async xread(
    block: 'BLOCK',
    milliseconds: number,
    count: 'COUNT',
    most: number,
    streams: 'STREAMS',
    name: string,
    offset: string,
  ): Promise<Entries> {
    const connection = (this.#connection ??= this.#link.open());
    for (;;) {
      if (connection.status === 'end') return null;
      try {
        if (connection.status !== 'ready') await readyOrEnded(connection);
        if (offset === '$') this.#last ??= await lastEntry(connection, name);
        // "$" means the end at the time of the read: entries between two reads without a result would be lost.
        const from = offset === '$' ? (this.#last ?? '0-0') : offset;
        return await connection.xread(count, most, block, milliseconds, streams, name, from);
      } catch {
        // The connection was lost, which the link reports, or Redis refused the command.
        if (connection.status === 'ready') await delay(RETRY_MS);
      }
    }
  }

  disconnect(): void {
    if (this.#connection !== undefined) this.#link.release(this.#connection);
    if (this.#receive !== undefined) this.#link.offMessage(this.#receive);
  }
}

async function lastEntry(connection: Redis, name: string): Promise<string> {
  const [entry] = await connection.xrevrange(name, '+', '-', 'COUNT', 1);
  return entry?.[0] ?? '0-0';
}

/** Resolves when the connection is ready, or closed for good. */
function readyOrEnded(connection: Redis): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      connection.off('ready', done);
      connection.off('end', done);
      resolve();
    };
    connection.on('ready', done);
    connection.on('end', done);
  });
}
