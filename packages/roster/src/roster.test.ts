import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdTable } from './id-table.js';
import type { Place } from './roster.js';
import { Roster } from './roster.js';

test('a roster holds the members that have joined and not left, in any order of events', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 30 })), (steps) => {
      const roster = new Roster<number>();
      const places = new Map<number, Place<number>>();
      for (const member of steps) {
        const place = places.get(member);
        expect(roster.leave(place)).toBe(place !== undefined);
        expect(roster.leave(place)).toBe(false);
        if (place === undefined) places.set(member, roster.join(member));
        else places.delete(member);
        expect(roster.size).toBe(places.size);
        expect(new Set(roster)).toEqual(new Set(places.keys()));
        expect([...roster]).toHaveLength(places.size);
      }
    }),
  );
});

test('an iteration skips members that have left meanwhile, and yields all others once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.nat({ max: 19 }), { maxLength: 20 }), (count, leaving) => {
      const roster = new Roster<number>();
      const places = Array.from({ length: count }, (_, member) => roster.join(member));
      const left = new Set<number>();
      const seen: number[] = [];
      for (const member of roster) {
        expect(left.has(member)).toBe(false);
        seen.push(member);
        const next = leaving[seen.length - 1];
        if (next !== undefined && roster.leave(places[next])) left.add(next);
      }
      const stayed = places.map(({ member }) => member).filter((member) => !left.has(member));
      for (const member of stayed) expect(seen.filter((one) => one === member)).toHaveLength(1);
    }),
  );
});

test('leaving without a place changes nothing', () => {
  expect(new Roster<string>().leave(undefined)).toBe(false);
});

test('a table holds the values that were set and not taken', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 30 }), fc.string())), (steps) => {
      const table = new IdTable<string>();
      const model = new Map<number, string>();
      for (const [isSet, id, value] of steps) {
        if (isSet) {
          table.set(id, value);
          model.set(id, value);
        }
        const taken = isSet ? undefined : table.take(id);
        expect(taken).toBe(isSet ? undefined : model.get(id));
        if (!isSet) model.delete(id);
        expect(table.get(id)).toBe(model.get(id));
        expect(table.size).toBe(model.size);
      }
      const sorted = [...model].toSorted(([a], [b]) => a - b).map(([, value]) => value);
      expect(table.takeAll()).toEqual(sorted);
      expect(table.size).toBe(0);
      expect(table.takeAll()).toEqual([]);
    }),
  );
});
