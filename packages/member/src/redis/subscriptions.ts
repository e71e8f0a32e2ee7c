import type { Redis } from 'ioredis';
import { redisProblem } from './redis-problem.js';

/** Milliseconds between a refused subscription and the next attempt. */
const RETRY_MS = 1_000;

/** The commands for channels, patterns, and channels of sharded pub/sub (Redis 7). */
type Kind = 'subscribe' | 'psubscribe' | 'ssubscribe';

/**
 * The channels and patterns of a subscriber connection, restored after every reconnect.
 *
 * ioredis can do this too (`autoResubscribe`), but it forgets a subscription that was not confirmed when the connection was
 * lost, and up to 5.x it does not handle the rejection of a repeated one, which ends the process
 * (https://github.com/redis/ioredis/pull/2187).
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
   * @param onComplete called when Redis has confirmed all of them on a new connection
   * @param onProblem called with the reason when Redis refuses one
   */
  constructor(client: Redis, onComplete: () => void, onProblem: (problem: string) => void) {
    this.#client = client;
    this.#onComplete = onComplete;
    this.#onProblem = onProblem;
  }

  /** Follows the connection from now on. Call it once, before the connection is ready. */
  start(): void {
    this.#client.on('ready', () => this.#restore());
    this.#client.on('close', () => {
      this.#complete = false;
      clearTimeout(this.#retry);
    });
  }

  /** True when Redis has confirmed all of them on the present connection. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Resolves when Redis has confirmed or refused everything asked so far; never rejects. */
  async answered(): Promise<void> {
    await this.#asked.catch(() => undefined);
  }

  /**
   * Subscribes to these from now on, on every connection to come.
   *
   * @returns resolves when Redis has confirmed them; rejects while Redis is down and when it refuses, and they are tried
   * again all the same
   */
  add(kind: Kind, names: readonly string[]): Promise<unknown> {
    for (const name of names) this.#wanted[kind].add(name);
    if (this.#client.status !== 'ready') return Promise.reject(new Error('not connected'));
    const asked = this.#ask(kind, names);
    // Redis confirms in the order of the requests.
    this.#asked = asked;
    this.#follow(asked);
    return asked;
  }

  remove(kind: Kind, names: readonly string[]): void {
    for (const name of names) this.#wanted[kind].delete(name);
    if (this.#client.status !== 'ready' || names.length === 0) return;
    // A lost connection loses its subscriptions too.
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
      // After a lost connection the next 'ready' restores them. Otherwise Redis refused, by an ACL for example.
      if (this.#client.status !== 'ready') return;
      this.#complete = false;
      this.#onProblem(redisProblem(error));
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#restore(), RETRY_MS);
    });
  }
}
