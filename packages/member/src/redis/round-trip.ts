import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { ReadyDocument } from '@pinwheel/protocol';
import { DeadlineError, within } from './within.js';
import { openChannel } from './pub-sub.js';
import type { Channel, RedisClients } from './pub-sub.js';
import type { RedisLink } from './redis-link.js';
import { redisProblem } from './redis-problem.js';

export type RedisHealth = ReadyDocument['redis'];

export interface RoundTripOptions {
  /** Milliseconds to wait for the message to come back. */
  readonly timeout: number;
  /** Milliseconds for which a result is reused. */
  readonly cache: number;
}

/**
 * Proves that a message goes through Redis and back: publishes on a channel of this server and waits for it on the
 * subscriber connection. Probes at the same time share a message.
 */
export class RoundTrip {
  readonly #channel: Channel;
  readonly #options: RoundTripOptions;
  readonly #awaited = new Map<string, () => void>();
  #listening: Promise<unknown> | undefined;
  #running: Promise<RedisHealth> | undefined;
  #last: { health: RedisHealth; at: number } | undefined;

  constructor(redis: RedisLink | RedisClients, options: RoundTripOptions) {
    this.#options = options;
    // Several servers of a process may share a connection, so that each needs a channel name of its own.
    this.#channel = openChannel(redis, `pinwheel:ready:${randomUUID()}`, (message) => this.#awaited.get(message)?.());
  }

  /** The state of Redis, within the timeout. Never rejects. */
  probe(): Promise<RedisHealth> {
    const last = this.#last;
    if (last !== undefined && performance.now() - last.at < this.#options.cache) return Promise.resolve(last.health);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<RedisHealth> {
    const health = await this.#measure();
    this.#last = { health, at: performance.now() };
    return health;
  }

  async #measure(): Promise<RedisHealth> {
    const { problem } = this.#channel;
    if (problem !== undefined) return { state: 'failed', reason: problem };
    const began = performance.now();
    const nonce = randomUUID();
    try {
      await within(this.#options.timeout, this.#exchange(nonce));
    } catch (error) {
      const reason = error instanceof DeadlineError ? this.#whyNoAnswer() : redisProblem(error);
      return { state: 'failed', reason };
    } finally {
      this.#awaited.delete(nonce);
    }
    return { state: 'ok', roundTripMs: Math.round((performance.now() - began) * 1_000) / 1_000 };
  }

  async #exchange(nonce: string): Promise<void> {
    this.#listening ??= this.#channel.listen();
    try {
      await this.#listening;
    } catch (error) {
      this.#listening = undefined;
      throw error;
    }
    const arrived = new Promise<void>((resolve) => {
      this.#awaited.set(nonce, resolve);
    });
    await this.#channel.publish(nonce);
    await arrived;
  }

  #whyNoAnswer(): string {
    return this.#channel.problem ?? `a published message did not come back within ${this.#options.timeout} ms`;
  }
}
