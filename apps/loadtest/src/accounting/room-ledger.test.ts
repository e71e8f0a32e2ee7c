import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Books } from './books.js';
import { type Counts, noCounts, outstanding } from './counts.js';
import { RoomLedger } from './room-ledger.js';

const SETTLE = 100;

interface Cell {
  due: number;
  delivered: number;
  missing: number;
  late: number;
}

function books(): Books & { cells: Map<string, Cell>; latencies: [number, number][] } {
  const cells = new Map<string, Cell>();
  const cell = (from: number, to: number): Cell => {
    const key = `${from}>${to}`;
    const found = cells.get(key) ?? { due: 0, delivered: 0, missing: 0, late: 0 };
    cells.set(key, found);
    return found;
  };
  const latencies: [number, number][] = [];
  return {
    counts: noCounts(),
    sentFrom: () => undefined,
    cells,
    latencies,
    due: (from, to, deliveries) => void (cell(from, to).due += deliveries),
    delivered(from, to, planned, actual) {
      cell(from, to).delivered++;
      latencies.push([planned, actual]);
    },
    missing: (from, to) => void cell(from, to).missing++,
    late(from, to) {
      cell(from, to).missing--;
      cell(from, to).late++;
    },
  };
}

/** A room with members 0, 1, ... on nodes 0, 1, 0, 1, ... */
function room(members: number): { ledger: RoomLedger; book: ReturnType<typeof books> } {
  const ledger = new RoomLedger(members, SETTLE);
  for (let member = 0; member < members; member++) ledger.attendance.enter(member, member % 2, 0);
  return { ledger, book: books() };
}

describe('the ledger of a room', () => {
  it('expects all members that are present when a message is sent, the sender included', () => {
    const { ledger, book } = room(3);
    const message = ledger.send(0, 10, 12, book);
    for (const member of [0, 1, 2]) expect(ledger.receive(member, message, 20, book)).toBe('received');
    ledger.settle(Infinity);
    expect(book.counts).toEqual({ ...noCounts(), scheduled: 1, sent: 1, expected: 3, received: 3 });
    expect(book.latencies).toEqual([
      [10, 8],
      [10, 8],
      [10, 8],
    ]);
    expect(Object.fromEntries(book.cells)).toEqual({
      '0>0': { due: 2, delivered: 2, missing: 0, late: 0 },
      '0>1': { due: 1, delivered: 1, missing: 0, late: 0 },
    });
  });

  it('counts a second delivery as a duplicate, before and after the settle time', () => {
    const { ledger, book } = room(2);
    const message = ledger.send(0, 0, 0, book);
    ledger.receive(0, message, 1, book);
    ledger.receive(1, message, 1, book);
    expect(ledger.receive(1, message, 2, book)).toBe('duplicated');
    ledger.settle(SETTLE);
    expect(ledger.receive(1, message, SETTLE + 1, book)).toBe('duplicated');
    expect(book.counts).toMatchObject({ received: 2, duplicated: 2, late: 0 });
  });

  it('counts a message that arrives after a later one of its sender as out of order, also with other senders in between', () => {
    const { ledger, book } = room(3);
    const first = ledger.send(0, 0, 0, book);
    const other = ledger.send(1, 1, 1, book);
    const second = ledger.send(0, 2, 2, book);
    const third = ledger.send(0, 3, 3, book);
    for (const message of [third, other, first, second]) ledger.receive(2, message, 5, book);
    for (const message of [first, second, third]) ledger.receive(1, message, 5, book);
    expect(book.counts).toMatchObject({ received: 7, outOfOrder: 2, duplicated: 0 });
  });

  it('separates missing deliveries by whether the recipient lost its connection', () => {
    const { ledger, book } = room(4);
    const message = ledger.send(0, 0, 10, book);
    ledger.receive(0, message, 11, book);
    ledger.attendance.leave(2, 12);
    ledger.attendance.enter(2, 1, 14);
    ledger.settle(10 + SETTLE);
    expect(book.counts).toMatchObject({
      expected: 4,
      received: 1,
      missingOnline: 2,
      missingOffline: 1,
      missingSenderCut: 0,
    });
    // The delivery counts for the node where the member was when the message was sent.
    expect(book.cells.get('0>0')).toEqual({ due: 2, delivered: 1, missing: 1, late: 0 });
    expect(book.cells.get('0>1')).toEqual({ due: 2, delivered: 0, missing: 2, late: 0 });
  });

  it("accounts for members that leave while a message waits for its sender's connection", () => {
    const { ledger, book } = room(3);
    const message = ledger.send(0, 0, 10, book);
    ledger.attendance.leave(1, 12);
    ledger.attendance.enter(1, 0, 14);
    ledger.attendance.leave(2, 12);
    ledger.attendance.enter(2, 1, 14);
    ledger.flushed(message, 20);
    ledger.receive(0, message, 21, book);
    ledger.receive(1, message, 21, book);
    ledger.settle(Infinity);
    expect(book.counts).toMatchObject({ received: 2, missingOnline: 0, missingOffline: 1 });
    expect(book.cells.get('0>0')).toEqual({ due: 2, delivered: 1, missing: 1, late: 0 });
    expect(book.cells.get('0>1')).toEqual({ due: 1, delivered: 1, missing: 0, late: 0 });
    expect(book.latencies).toContainEqual([21, 1]);
  });

  it('counts missing deliveries whose sender lost its connection', () => {
    const { ledger, book } = room(2);
    ledger.send(0, 0, 10, book);
    ledger.attendance.leave(0, 10);
    ledger.settle(Infinity);
    expect(book.counts).toMatchObject({ missingOnline: 1, missingOffline: 1, missingSenderCut: 1 });
  });

  it('counts a delivery after the settle time as late', () => {
    const { ledger, book } = room(2);
    const message = ledger.send(0, 0, 0, book);
    ledger.receive(0, message, 1, book);
    ledger.settle(SETTLE);
    expect(book.counts).toMatchObject({ missingOnline: 1, late: 0 });
    expect(ledger.receive(1, message, SETTLE + 1, book)).toBe('late');
    expect(ledger.receive(1, message, SETTLE + 2, book)).toBe('duplicated');
    expect(book.counts).toMatchObject({ received: 1, late: 1, missingOnline: 0, duplicated: 1 });
    expect(book.cells.get('0>1')).toEqual({ due: 1, delivered: 0, missing: 0, late: 1 });
  });

  it('expects neither members that join later nor messages of absent senders', () => {
    const { ledger, book } = room(2);
    ledger.attendance.leave(1, 1);
    expect(ledger.send(1, 0, 2, book)).toBe(-1);
    const message = ledger.send(0, 0, 2, book);
    ledger.attendance.enter(1, 0, 3);
    expect(ledger.receive(1, message, 4, book)).toBe('unexpected');
    expect(book.counts).toMatchObject({ scheduled: 2, sent: 1, unsent: 1, expected: 1, unexpected: 1 });
  });

  it('counts from the time at which the connection took a message', () => {
    const { ledger, book } = room(1);
    const message = ledger.send(0, 0, 1, book);
    ledger.flushed(message, 50);
    ledger.receive(0, message, 60, book);
    expect(book.latencies).toEqual([[60, 10]]);
  });

  it('ignores a message that was never sent', () => {
    const { ledger, book } = room(1);
    expect([-1, 0, 7].map((message) => ledger.receive(0, message, 1, book))).toEqual(['unknown', 'unknown', 'unknown']);
    expect(book.counts).toEqual(noCounts());
  });
});

type Step =
  | { do: 'enter' | 'leave'; member: number }
  | { do: 'send'; member: number }
  | { do: 'receive'; member: number; back: number }
  | { do: 'wait'; ms: number };

const MEMBERS = 40;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom<'enter' | 'leave'>('enter', 'leave'), member: fc.nat(MEMBERS - 1) }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('send' as const), member: fc.nat(4) }) },
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('receive' as const), member: fc.nat(5), back: fc.nat(12) }),
  },
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(60) }),
);

/** The same ledger in its simplest form: an object for each message and each delivery. */
class PlainBooks {
  readonly counts: Counts = noCounts();
  readonly messages: {
    sender: number;
    at: number;
    expected: Set<number>;
    got: Set<number>;
    settled: boolean;
    lost: Map<number, boolean>;
    cut: boolean;
  }[] = [];
  readonly here = new Set<number>();
  readonly left = new Map<number, number>();

  leave(member: number, now: number): void {
    if (this.here.delete(member)) this.left.set(member, now);
  }
  send(sender: number, at: number): void {
    this.counts.scheduled++;
    if (!this.here.has(sender)) {
      this.counts.unsent++;
      return;
    }
    this.counts.sent++;
    this.counts.expected += this.here.size;
    this.messages.push({
      sender,
      at,
      expected: new Set(this.here),
      got: new Set(),
      settled: false,
      lost: new Map(),
      cut: false,
    });
  }
  receive(member: number, number: number): void {
    const message = this.messages[number];
    if (message === undefined) return;
    if (message.got.has(member) || (message.settled && message.lost.size === 0 && !message.expected.has(member))) {
      // A message that was complete when it was settled is forgotten, so every further delivery is a duplicate.
      this.counts.duplicated++;
      return;
    }
    message.got.add(member);
    if (!message.settled) {
      const overtaken = this.messages.some(
        (other, index) => index > number && other.sender === message.sender && other.got.has(member),
      );
      if (overtaken) this.counts.outOfOrder++;
    }
    if (!message.expected.has(member)) this.counts.unexpected++;
    else if (message.settled) {
      this.counts.late++;
      if (message.lost.get(member) === true) this.counts.missingOffline--;
      else {
        this.counts.missingOnline--;
        if (message.cut) this.counts.missingSenderCut--;
      }
    } else this.counts.received++;
  }
  settle(now: number): void {
    const gone = (member: number, at: number): boolean => (this.left.get(member) ?? -Infinity) >= at;
    for (const message of this.messages) {
      if (message.settled || message.at + SETTLE > now) continue;
      message.settled = true;
      message.cut = gone(message.sender, message.at);
      for (const member of message.expected) {
        if (message.got.has(member)) continue;
        message.lost.set(member, gone(member, message.at));
        if (gone(member, message.at)) this.counts.missingOffline++;
        else {
          this.counts.missingOnline++;
          if (message.cut) this.counts.missingSenderCut++;
        }
      }
    }
  }
}

it('the ledger agrees with a simple model, and its counts balance', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const ledger = new RoomLedger(MEMBERS, SETTLE, 2);
      const book = books();
      const plain = new PlainBooks();
      let now = 1;
      for (let member = 0; member < 6; member++) {
        ledger.attendance.enter(member, member % 3, now);
        plain.here.add(member);
      }
      for (const one of steps) {
        now++;
        if (one.do === 'enter') {
          if (plain.here.has(one.member)) continue;
          ledger.attendance.enter(one.member, now % 3, now);
          plain.here.add(one.member);
        } else if (one.do === 'leave') {
          ledger.attendance.leave(one.member, now);
          plain.leave(one.member, now);
        } else if (one.do === 'send') {
          ledger.send(one.member, now, now, book);
          plain.send(one.member, now);
        } else if (one.do === 'receive') {
          const message = plain.messages.length - 1 - one.back;
          ledger.receive(one.member, message, now, book);
          if (message >= 0) plain.receive(one.member, message);
        } else if (one.do === 'wait') {
          now += one.ms;
          ledger.settle(now);
          plain.settle(now);
        }
      }
      ledger.settle(Infinity);
      plain.settle(Infinity);
      expect(book.counts).toEqual(plain.counts);
      expect(outstanding(book.counts)).toBe(0);
      expect(book.counts.scheduled).toBe(book.counts.sent + book.counts.unsent);
      const cells = [...book.cells.values()];
      const sum = (name: keyof Cell): number => cells.reduce((all, cell) => all + cell[name], 0);
      expect(sum('due')).toBe(book.counts.expected);
      expect(sum('delivered')).toBe(book.counts.received);
      expect(sum('missing')).toBe(book.counts.missingOnline + book.counts.missingOffline);
      expect(sum('late')).toBe(book.counts.late);
      for (const cell of cells) expect(cell.due).toBe(cell.delivered + cell.missing + cell.late);
    }),
    { numRuns: 300 },
  );
});
