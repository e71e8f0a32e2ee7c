/**
 * Loaded into every process of a contender with `--import`: turns off the optimisation that the variable WITHOUT names,
 * so that the scenario `insides` can measure what it saves.
 */
import { createRequire } from 'node:module';
import { HandOffPipe } from '@pinwheel/raw-socket';
import { IdTable, Roster } from '@pinwheel/roster';
import type { Place } from '@pinwheel/roster';
import * as ws from 'ws';

const TAKE_AWAY: Readonly<Record<string, () => void>> = {
  'hand-off pipe'() {
    HandOffPipe.make = () => Promise.resolve(undefined);
  },
  'fast broadcasts'() {
    const load = createRequire(createRequire(import.meta.url).resolve('socket.io'));
    const { Socket } = load('engine.io') as { Socket: { prototype: object } };
    ignoreAssignments(Socket.prototype, 'write');
  },
  'receivers that end once'() {
    const { Receiver } = ws as unknown as { Receiver: { prototype: object } };
    ignoreAssignments(Receiver.prototype, 'end');
  },
  roster: useSets,
};

/** Assignments to the method are ignored. */
function ignoreAssignments(target: object, name: string): void {
  const method: unknown = Reflect.get(target, name);
  Object.defineProperty(target, name, { get: () => method, set() {} });
}

/** `Set` and `Map` in place of `Roster` and `IdTable`. */
function useSets(): void {
  interface WithSet {
    members?: Set<unknown>;
    values?: Map<number, unknown>;
  }
  Object.defineProperties(Roster.prototype, {
    size: {
      get(this: WithSet): number {
        return this.members?.size ?? 0;
      },
    },
    join: {
      value(this: WithSet, member: unknown): Place<unknown> {
        (this.members ??= new Set()).add(member);
        return { member, index: 0 };
      },
    },
    leave: {
      value(this: WithSet, place: Place<unknown> | undefined): boolean {
        if (place === undefined || place.index < 0) return false;
        place.index = -1;
        return this.members?.delete(place.member) ?? false;
      },
    },
    [Symbol.iterator]: {
      value(this: WithSet): Iterator<unknown> {
        return (this.members ?? new Set()).values();
      },
    },
  });
  Object.defineProperties(IdTable.prototype, {
    get: {
      value(this: WithSet, id: number): unknown {
        return this.values?.get(id);
      },
    },
    set: {
      value(this: WithSet, id: number, value: unknown): void {
        (this.values ??= new Map()).set(id, value);
      },
    },
    take: {
      value(this: WithSet, id: number): unknown {
        const value = this.values?.get(id);
        this.values?.delete(id);
        return value;
      },
    },
    takeAll: {
      value(this: WithSet): unknown[] {
        const all = [...(this.values?.values() ?? [])];
        this.values?.clear();
        return all;
      },
    },
  });
}

TAKE_AWAY[process.env['WITHOUT'] ?? '']?.();
