import { performance } from 'node:perf_hooks';
import type { ClientToServerEvents } from '@pinwheel/protocol';
import { RefusedError } from '../contract.js';
import type { NodeSocket } from '../contract.js';
import type { SlowReaders } from './slow-readers.js';

/** Events a second that one client may send, and at once after a rest. */
const RATE = 2_000;
const BURST = 4_000;
/** Refused events at once, beyond `RATE` a second, after which a client is disconnected. */
const REFUSED_BURST = 20_000;
/** Events between two checks of a client's waiting packets, because the cost of a check grows with their number. */
const EVENTS_PER_CHECK = 64;

/** The counters of a node since its start. */
export interface Tally {
  /** Events of clients that were answered. */
  events: number;
  /** Room messages of its clients. */
  said: number;
}

/** Computes the answer to an event from its arguments. */
type Answer = (args: readonly unknown[]) => unknown;

/** The events of one client, as far as its allowance goes. */
export class Allowance {
  readonly #socket: NodeSocket;
  readonly #readers: SlowReaders;
  readonly #tally: Tally;
  readonly #events = new TokenBucket(RATE, BURST);
  readonly #refusals = new TokenBucket(RATE, REFUSED_BURST);
  #taken = 0;

  constructor(socket: NodeSocket, readers: SlowReaders, tally: Tally) {
    this.#socket = socket;
    this.#readers = readers;
    this.#tally = tally;
  }

  /**
   * Registers the handler of an event. The answer or the refusal goes to the ack if the client sent one. An error of
   * `answer` becomes a refusal and is not thrown further.
   *
   * @param cost in events
   */
  on(event: keyof ClientToServerEvents, cost: number, answer: Answer): void {
    this.#socket.on(event, (...args: unknown[]) => {
      const last = args.at(-1);
      const ack = typeof last === 'function' ? (args.pop() as (value: unknown) => void) : undefined;
      if (!this.#takes(cost, ack)) return;
      try {
        const result = answer(args);
        if (result instanceof Promise) result.then(ack).catch((error: unknown) => refuse(ack, error));
        else ack?.(result);
      } catch (error) {
        refuse(ack, error);
      }
    });
  }

  #takes(cost: number, ack: ((value: unknown) => void) | undefined): boolean {
    if (!this.#events.take(cost)) {
      if (this.#refusals.take(1)) refuse(ack, tooManyEvents);
      else this.#socket.disconnect(true);
      return false;
    }
    this.#taken += 1;
    this.#tally.events += 1;
    if (this.#taken % EVENTS_PER_CHECK === 0) this.#readers.check(this.#socket);
    return true;
  }
}

const tooManyEvents = new RefusedError('too_many', `too many events: at most ${RATE} a second`);

function refuse(ack: ((value: unknown) => void) | undefined, error: unknown): void {
  // Any other error comes from a value that cannot be sent back, such as one nested too deeply for the encoder.
  const refused =
    error instanceof RefusedError ? error : new RefusedError('bad_argument', 'this value cannot be sent on');
  ack?.(refused.refusal);
}

/** Lets `rate` tokens a second through, and up to `burst` at once after a rest. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /** @param now milliseconds of a monotonic clock */
  constructor(rate: number, burst: number, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#at = now();
  }

  /** Takes `count` tokens, or none and returns false. */
  take(count: number): boolean {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1_000) * this.#rate);
    this.#at = now;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}
