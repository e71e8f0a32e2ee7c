import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Schedule, shuffled } from './schedule.js';

interface Planned {
  at: number;
  room: number;
  sender: number;
}

function first(schedule: Schedule, count: number): Planned[] {
  return Array.from({ length: count }, () => {
    const planned = { at: schedule.plannedMs, room: schedule.room, sender: schedule.sender };
    schedule.advance();
    return planned;
  });
}

const members = (rooms: readonly number[], size: number): Map<number, number> =>
  new Map(rooms.map((room) => [room, size]));

it('every room sends once per period, evenly spread, its members in turn', () => {
  const planned = first(new Schedule({ rooms: 4, rate: 2, seed: 1, members: members([0, 1, 2, 3], 3) }), 24);
  expect(planned.map(({ at }) => at)).toEqual(Array.from({ length: 24 }, (_, index) => 62.5 + index * 125));
  for (const room of [0, 1, 2, 3]) {
    const own = planned.filter((one) => one.room === room);
    expect(own).toHaveLength(6);
    expect(own.map(({ sender }) => (sender - (own[0]?.sender ?? 0) + 3) % 3)).toEqual([0, 1, 2, 0, 1, 2]);
  }
});

it('the schedules of two halves of the rooms make up the whole schedule, for any seed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (rooms, seed) => {
      const all = [...Array.from({ length: rooms }).keys()];
      const of = (own: readonly number[]): Planned[] =>
        own.length === 0 ? [] : first(new Schedule({ rooms, rate: 1, seed, members: members(own, 5) }), own.length * 3);
      const parts = [...of(all.filter((room) => room % 2 === 0)), ...of(all.filter((room) => room % 2 === 1))];
      expect(parts.toSorted((a, b) => a.at - b.at)).toEqual(of(all));
    }),
  );
});

it('a schedule without rooms plans nothing', () => {
  expect(new Schedule({ rooms: 3, rate: 1, seed: 1, members: new Map() }).plannedMs).toBe(Infinity);
});

it('each seed gives another order, with every number once', () => {
  expect([...shuffled(50, 7)]).toEqual([...shuffled(50, 7)]);
  expect([...shuffled(50, 7)]).not.toEqual([...shuffled(50, 8)]);
  expect([...shuffled(50, 0)].toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 50 }).keys()]);
});
