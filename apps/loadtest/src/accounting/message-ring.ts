import type { Books } from './books.js';

/**
 * The messages of a room that may still be in flight, in flat arrays that are reused: no object is created per message. A bit
 * set has a bit for each member of the room.
 */
export class MessageRing {
  /** Words of a bit set. */
  readonly words: number;
  planned: Float64Array;
  /** The times at which the recipients were determined, and at which the sender's connection took the message. */
  enteredAt: Float64Array;
  sentAt: Float64Array;
  sender: Int32Array;
  fromNode: Int32Array;
  /** The next message of the same sender, or -1. */
  following: Int32Array;
  /** The number of expected members that have not received the message. */
  open: Int32Array;
  expected: Uint32Array;
  got: Uint32Array;
  books: (Books | undefined)[];
  /** The numbers of the oldest message that is kept and of the next one. */
  oldest = 0;
  next = 0;
  #mask: number;

  /** @param capacity a power of two; it grows when needed */
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

  /** The index of a message in the arrays. */
  slot(message: number): number {
    return message & this.#mask;
  }

  /** Takes the next message number. Its slot may be written. */
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
