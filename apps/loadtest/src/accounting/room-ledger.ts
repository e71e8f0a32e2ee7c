import { Attendance } from './attendance.js';
import type { Books } from './books.js';
import { MessageRing } from './message-ring.js';

/** The kind of a delivery. */
export type Outcome = 'received' | 'duplicated' | 'late' | 'unexpected' | 'unknown';

/** A message that was settled with deliveries missing. It is kept to recognise late deliveries. */
interface Incomplete {
  readonly books: Books;
  readonly enteredAt: number;
  readonly fromNode: number;
  readonly senderCut: boolean;
  readonly expected: Uint32Array;
  readonly got: Uint32Array;
  /** The missing members that had lost their connection. */
  readonly offline: Uint32Array;
}

/**
 * The ledger of one room: who was in the room when a message was sent, and who has received it. Times are milliseconds of a
 * clock that never goes back. A message is settled `settleMs` after it was sent. Later deliveries are late, and their order is
 * not checked; a further delivery of a message that all expected members have is a duplicate.
 */
export class RoomLedger {
  readonly attendance: Attendance;
  readonly #ring: MessageRing;
  readonly #settleMs: number;
  readonly #incomplete = new Map<number, Incomplete>();
  /** The last message of each member. */
  readonly #lastOf: Int32Array;

  constructor(members: number, settleMs: number, capacity = 8) {
    this.attendance = new Attendance(members);
    this.#ring = new MessageRing(members, capacity);
    this.#settleMs = settleMs;
    this.#lastOf = new Int32Array(members).fill(-1);
  }

  /**
   * Records a message that is sent now. The members that are present have to receive it.
   *
   * @returns its number in the room, or -1 (counted as unsent) when the sender is not present
   */
  send(sender: number, planned: number, now: number, books: Books): number {
    const { counts } = books;
    const { attendance } = this;
    counts.scheduled++;
    if (!attendance.isPresent(sender)) {
      counts.unsent++;
      return -1;
    }
    counts.sent++;
    counts.expected += attendance.online;
    const ring = this.#ring;
    const message = ring.take();
    const slot = ring.slot(message);
    const from = attendance.node(sender);
    ring.planned[slot] = planned;
    ring.enteredAt[slot] = now;
    ring.sentAt[slot] = now;
    ring.sender[slot] = sender;
    ring.fromNode[slot] = from;
    ring.following[slot] = -1;
    ring.open[slot] = attendance.online;
    ring.books[slot] = books;
    for (let word = 0; word < ring.words; word++) {
      ring.expected[slot * ring.words + word] = attendance.present[word] ?? 0;
      ring.got[slot * ring.words + word] = 0;
    }
    const last = this.#lastOf[sender] ?? -1;
    if (last >= ring.oldest) ring.following[ring.slot(last)] = message;
    this.#lastOf[sender] = message;
    books.sentFrom(from);
    for (const [to, online] of attendance.perNode.entries()) {
      if (online !== undefined && online > 0) books.due(from, to, online);
    }
    return message;
  }

  /** Corrects the time of sending: the connection has taken the message only now. */
  flushed(message: number, now: number): void {
    if (message >= this.#ring.oldest) this.#ring.sentAt[this.#ring.slot(message)] = now;
  }

  /**
   * Records that `member` received message number `message`.
   *
   * @param current counts a duplicate of a message whose own stage is closed
   */
  receive(member: number, message: number, now: number, current: Books): Outcome {
    const ring = this.#ring;
    if (message < 0 || message >= ring.next) return 'unknown';
    if (message < ring.oldest) return this.#receiveSettled(member, message, current);
    const slot = ring.slot(message);
    const books = ring.books[slot];
    if (books === undefined) return 'unknown';
    const { counts } = books;
    const word = slot * ring.words + (member >>> 5);
    const bit = 1 << (member & 31);
    const got = ring.got[word] ?? 0;
    if ((got & bit) !== 0) {
      counts.duplicated++;
      return 'duplicated';
    }
    ring.got[word] = got | bit;
    if (this.#hasLater(member, slot)) counts.outOfOrder++;
    if (((ring.expected[word] ?? 0) & bit) === 0) {
      counts.unexpected++;
      return 'unexpected';
    }
    counts.received++;
    ring.open[slot] = (ring.open[slot] ?? 0) - 1;
    const sentAt = ring.sentAt[slot] ?? 0;
    books.delivered(
      ring.fromNode[slot] ?? 0,
      this.attendance.nodeAt(member, ring.enteredAt[slot] ?? 0),
      now - (ring.planned[slot] ?? 0),
      now - sentAt,
    );
    return 'received';
  }

  /** Settles the messages whose time is over; all messages when `now` is Infinity. */
  settle(now: number): void {
    const ring = this.#ring;
    while (ring.oldest < ring.next) {
      const slot = ring.slot(ring.oldest);
      if ((ring.sentAt[slot] ?? 0) + this.#settleMs > now) return;
      if ((ring.open[slot] ?? 0) > 0) this.#settleIncomplete(ring.oldest, slot);
      ring.books[slot] = undefined;
      ring.oldest++;
    }
  }

  #settleIncomplete(message: number, slot: number): void {
    const ring = this.#ring;
    const books = ring.books[slot];
    if (books === undefined) return;
    const { counts } = books;
    const { attendance } = this;
    const from = slot * ring.words;
    const expected = ring.expected.slice(from, from + ring.words);
    const got = ring.got.slice(from, from + ring.words);
    const offline = new Uint32Array(ring.words);
    const enteredAt = ring.enteredAt[slot] ?? 0;
    const fromNode = ring.fromNode[slot] ?? 0;
    const senderCut = attendance.hasLeftSince(ring.sender[slot] ?? 0, enteredAt);
    for (let word = 0; word < ring.words; word++) {
      let missing = (expected[word] ?? 0) & ~(got[word] ?? 0);
      while (missing !== 0) {
        const bit = 31 - Math.clz32(missing);
        const member = word * 32 + bit;
        missing &= ~(1 << bit);
        if (attendance.hasLeftSince(member, enteredAt)) {
          counts.missingOffline++;
          offline[word] = (offline[word] ?? 0) | (1 << bit);
        } else {
          counts.missingOnline++;
          if (senderCut) counts.missingSenderCut++;
        }
        books.missing(fromNode, attendance.nodeAt(member, enteredAt));
      }
    }
    this.#incomplete.set(message, { books, enteredAt, fromNode, senderCut, expected, got, offline });
  }

  #receiveSettled(member: number, message: number, current: Books): Outcome {
    const kept = this.#incomplete.get(message);
    if (kept === undefined) {
      // The message is no longer kept, because every expected member has received it.
      current.counts.duplicated++;
      return 'duplicated';
    }
    const word = member >>> 5;
    const bit = 1 << (member & 31);
    const { books, got } = kept;
    if (((got[word] ?? 0) & bit) !== 0) {
      books.counts.duplicated++;
      return 'duplicated';
    }
    got[word] = (got[word] ?? 0) | bit;
    if (((kept.expected[word] ?? 0) & bit) === 0) {
      books.counts.unexpected++;
      return 'unexpected';
    }
    if (((kept.offline[word] ?? 0) & bit) === 0) {
      books.counts.missingOnline--;
      if (kept.senderCut) books.counts.missingSenderCut--;
    } else books.counts.missingOffline--;
    books.counts.late++;
    books.late(kept.fromNode, this.attendance.nodeAt(member, kept.enteredAt));
    return 'late';
  }

  /** True when `member` already has a later message of the sender of the one in `slot`. */
  #hasLater(member: number, slot: number): boolean {
    const ring = this.#ring;
    const word = member >>> 5;
    const bit = 1 << (member & 31);
    for (let later = ring.following[slot] ?? -1; later !== -1;) {
      const at = ring.slot(later);
      if (((ring.got[at * ring.words + word] ?? 0) & bit) !== 0) return true;
      later = ring.following[at] ?? -1;
    }
    return false;
  }
}
