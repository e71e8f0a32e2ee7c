import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { countSubscribers } from './adapter-clients.js';
import type { RedisLink } from './redis-link.js';

/** Milliseconds until a refused XREAD is asked again. */
const RETRY_MS = 1_000;

type Entries = Awaited<ReturnType<Redis['xread']>>;
type Receive = (channel: Buffer, message: Buffer) => void;

/**
 * The client for `createAdapter` of `@socket.io/redis-streams-adapter`, over a {@link RedisLink}, which opens a third
 * connection to read on.
 *
 * The adapter asks again at once when a read fails, and drops promises; with a bare ioredis client that refuses commands
 * while Redis is away the process is busy with nothing else. Here a read waits until Redis is back and goes on where it
 * was. What is published while Redis is away is dropped, and counted by the link.
 */
export function createStreamsClient(link: RedisLink): StreamsClient {
  return new StreamsClient(link);
}

/** The writing half, with the ioredis names that the adapter calls. */
export class StreamsClient {
  readonly options = { lazyConnect: false } as const;
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  duplicate(): StreamsReader {
    return new StreamsReader(this.#link);
  }

  /** The adapter waits for the answer before it serves its own clients: they are not kept waiting for a slow Redis. */
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

/** What the adapter takes for a further connection: the link's subscriber, and one of its own once it reads. */
class StreamsReader {
  readonly #link: RedisLink;
  #connection: Redis | undefined;
  #last: string | undefined;
  #receive: Receive | undefined;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  /** The adapter guards its own listener, and ignores errors. */
  on(event: 'messageBuffer', listener: Receive): this;
  on(event: 'error', listener: () => void): this;
  on(event: string, listener: (...args: never[]) => unknown): this {
    if (event !== 'messageBuffer') return this;
    this.#receive = listener as Receive;
    this.#link.onMessage(this.#receive);
    return this;
  }

  subscribe(channels: readonly string[]): void {
    // The link tells of what Redis refuses, and asks again.
    this.#link.subscriptions.add('subscribe', channels).catch(() => undefined);
  }

  /** Waits for entries, over lost connections too. Null when none came in time, and when it is closed. */
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
        if (connection.status !== 'ready') await standing(connection);
        if (offset === '$') this.#last ??= await lastEntry(connection, name);
        // "$" is the end as of the read: between two reads that come back empty, entries would be lost.
        const from = offset === '$' ? (this.#last ?? '0-0') : offset;
        return await connection.xread(count, most, block, milliseconds, streams, name, from);
      } catch {
        // Lost, which the link tells, or refused.
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

/** When it is connected, or closed for good. */
function standing(connection: Redis): Promise<void> {
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
