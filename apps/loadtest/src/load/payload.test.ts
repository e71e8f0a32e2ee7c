import fc from 'fast-check';
import { expect, it } from 'vitest';
import { messageOf, PAYLOAD_MIN, writePayload } from './payload.js';

it('a payload has the given size and identifies its message', () => {
  fc.assert(
    fc.property(
      fc.record({
        run: fc.constant('00c0ffee'),
        room: fc.nat(99_999),
        member: fc.nat(99_999),
        message: fc.nat(999_999),
        sequence: fc.nat(999_999),
        plannedMs: fc.nat(86_400_000),
      }),
      fc.integer({ min: PAYLOAD_MIN, max: 200 }),
      (stamp, size) => {
        const payload = writePayload(stamp, size);
        expect(payload).toHaveLength(size);
        expect(messageOf(payload, `${stamp.run}:${stamp.room}:`)).toBe(stamp.message);
        expect(messageOf(payload, `${stamp.run}:${stamp.room + 1}:`)).toBe(-1);
      },
    ),
  );
});

it.each([undefined, 7, '', 'r:1:', 'r:1:2', 'r:1:2:', 'r:1:2:x:', 'r:1:2::', 'r:1:2:99999999999:', 'q:1:2:3:'])(
  '%j is no payload of ours',
  (payload) => {
    expect(messageOf(payload, 'r:1:')).toBe(-1);
  },
);
