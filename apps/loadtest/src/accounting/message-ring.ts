import type { Books } from './books.js';

/**
 * The messages of a room that may still be under way, in flat arrays that are used again and again: no object is made
 * for a message. Bit sets have a bit for each member of the room.
 */
export class MessageRing {
  /** Words of a bit set. */
  readonly words: number;
  planned: Float64Array;
  /** When its recipients were frozen, and when its sender's connection took it, which may be later. */
  enteredAt: Float64Array;
  sentAt: Float64Array;
  sender: Int32Array;
  fromNode: Int32Array;
  /** The next message of the same sender, or -1. */
  following: Int32Array;
  /** How many expected members have not got it yet. */
  open: Int32Array;
  expected: Uint32Array;
  got: Uint32Array;
  books: (Books | undefined)[];
  /** The oldest message that is kept, and the one that comes next. */
  oldest = 0;
  next = 0;
  #mask: number;

  /** @param capacity a power of two; more room is made when it is needed */
  constructor(members: number, capacity: number) {
    this.words = Math.max(1, Math.ceil(members / 32));
    this.#mask = capacity - 1;
    this.planned = new Float64Array(capacity);
    this.enteredAt = new Float64Array(capacity);
    this.sentAt = new Float64Array(capacity);
    this.sender = new Int32Array(capacity);
    this.fromNode = new Int32Array(capacity);
    this.following = new Int32Array(capacity);
    this.open = new Int32Array(capacity);
    this.expected = new Uint32Array(capacity * this.words);
    this.got = new Uint32Array(capacity * this.words);
    this.books = Array.from({ length: capacity });
  }

  /** Where in the arrays a message is. */
  slot(message: number): number {
    return message & this.#mask;
  }

  /** Takes the next message number; its slot is free to be written. */
  take(): number {
    if (this.next - this.oldest > this.#mask) this.#grow();
    return this.next++;
  }

  #grow(): void {
    const { words } = this;
    const old = this.#mask + 1;
    const bigger = new MessageRing(words * 32, old * 2);
    for (let message = this.oldest; message < this.next; message++) {
      const from = message & this.#mask;
      const to = message & bigger.#mask;
      bigger.planned[to] = this.planned[from] ?? 0;
      bigger.enteredAt[to] = this.enteredAt[from] ?? 0;
      bigger.sentAt[to] = this.sentAt[from] ?? 0;
      bigger.sender[to] = this.sender[from] ?? 0;
      bigger.fromNode[to] = this.fromNode[from] ?? 0;
      bigger.following[to] = this.following[from] ?? 0;
      bigger.open[to] = this.open[from] ?? 0;
      bigger.expected.set(this.expected.subarray(from * words, (from + 1) * words), to * words);
      bigger.got.set(this.got.subarray(from * words, (from + 1) * words), to * words);
      bigger.books[to] = this.books[from];
    }
    const { planned, enteredAt, sentAt, sender, fromNode, following, open, expected, got, books } = bigger;
    Object.assign(this, { planned, enteredAt, sentAt, sender, fromNode, following, open, expected, got, books });
    this.#mask = bigger.#mask;
  }
}
