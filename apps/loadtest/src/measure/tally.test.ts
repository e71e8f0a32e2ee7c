import fc from 'fast-check';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { expect, it } from 'vitest';
import { Tally } from './tally.js';

const times = fc.oneof(fc.nat(5_000), fc.nat(2_000_000), fc.nat(0x7fffffff));

it.each([
  [2, 7],
  [3, 10],
] as const)('cells of a tally give the same counts as a histogram of %i digits', (digits, bits) => {
  fc.assert(
    fc.property(fc.array(times, { maxLength: 200 }), (values) => {
      const settings = { numberOfSignificantValueDigits: digits, highestTrackableValue: 2 ** 31 } as const;
      const plain = build(settings);
      const tallied = build(settings);
      const tally = new Tally(bits);
      for (const value of values) {
        plain.recordValue(value);
        tally.count(value);
      }
      tally.drain((value, count) => tallied.recordValueWithCount(value, count));
      expect(encodeIntoCompressedBase64(tallied)).toBe(encodeIntoCompressedBase64(plain));
      expect(tallied.totalCount).toBe(values.length);
      tally.drain(() => expect.unreachable('it is empty'));
    }),
  );
});
