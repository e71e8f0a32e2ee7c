import type { Redis } from 'ioredis';
import { redisProblem } from './redis-problem.js';

/** Milliseconds until a refused subscription is asked for again. */
const RETRY_MS = 1_000;

/** Channels, patterns, and channels of sharded pub/sub (Redis 7). */
type Kind = 'subscribe' | 'psubscribe' | 'ssubscribe';

/**
 * The channels and patterns that a subscriber connection is to have, and that it gets back after every reconnect.
 *
 * ioredis has this too (`autoResubscribe`), but forgets a subscription whose answer the connection did not live to see,
 * and drops the promise of the one it repeats, which ends the process when the connection is lost in that moment.
 */
export class Subscriptions {
  readonly #client: Redis;
  readonly #onComplete: () => void;
  readonly #onProblem: (problem: string) => void;
  readonly #wanted = {
    subscribe: new Set<string>(),
    psubscribe: new Set<string>(),
    ssubscribe: new Set<string>(),
  };
  #asked: Promise<unknown> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #complete = false;

  /**
   * @param onComplete told when Redis has confirmed all of them on a new connection
   * @param onProblem told why Redis refused one
   */
  constructor(client: Redis, onComplete: () => void, onProblem: (problem: string) => void) {
    this.#client = client;
    this.#onComplete = onComplete;
    this.#onProblem = onProblem;
    client.on('ready', () => this.#restore());
    client.on('close', () => {
      this.#complete = false;
      clearTimeout(this.#retry);
    });
  }

  /** True when Redis has confirmed every one of them on the connection that stands now. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Resolves when Redis has answered, or not taken, what has been asked so far; never rejects. */
  async answered(): Promise<void> {
    await this.#asked.catch(() => undefined);
  }

  /**
   * Wants these from now on, whether Redis is there or not.
   *
   * @returns when Redis has confirmed them; rejects when it is away or refuses, which changes nothing of the above
   */
  add(kind: Kind, names: readonly string[]): Promise<unknown> {
    for (const name of names) this.#wanted[kind].add(name);
    if (this.#client.status !== 'ready') return Promise.reject(new Error('not connected'));
    const asked = this.#ask(kind, names);
    // Answers come in the order of the questions.
    this.#asked = asked;
    this.#follow(asked);
    return asked;
  }

  remove(kind: Kind, names: readonly string[]): void {
    for (const name of names) this.#wanted[kind].delete(name);
    if (this.#client.status !== 'ready' || names.length === 0) return;
    // A connection that is lost takes its subscriptions with it.
    this.#forget(kind, names).catch(() => undefined);
  }

  close(): void {
    clearTimeout(this.#retry);
  }

  #ask(kind: Kind, names: readonly string[]): Promise<unknown> {
    if (names.length === 0) return Promise.resolve();
    if (kind === 'subscribe') return this.#client.subscribe(...names);
    return kind === 'psubscribe' ? this.#client.psubscribe(...names) : this.#client.ssubscribe(...names);
  }

  #forget(kind: Kind, names: readonly string[]): Promise<unknown> {
    if (kind === 'subscribe') return this.#client.unsubscribe(...names);
    return kind === 'psubscribe' ? this.#client.punsubscribe(...names) : this.#client.sunsubscribe(...names);
  }

  #restore(): void {
    const { subscribe, psubscribe, ssubscribe } = this.#wanted;
    const asked = Promise.all([
      this.#ask('subscribe', [...subscribe]),
      this.#ask('psubscribe', [...psubscribe]),
      this.#ask('ssubscribe', [...ssubscribe]),
    ]);
    this.#follow(
      asked.then(() => {
        if (this.#client.status !== 'ready') return;
        this.#complete = true;
        this.#onComplete();
      }),
    );
  }

  #follow(asked: Promise<unknown>): void {
    asked.catch((error: unknown) => {
      // With the connection gone, its next 'ready' restores them; else Redis refused (an ACL, say) and may yet agree.
      if (this.#client.status !== 'ready') return;
      this.#complete = false;
      this.#onProblem(redisProblem(error));
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#restore(), RETRY_MS);
    });
  }
}
