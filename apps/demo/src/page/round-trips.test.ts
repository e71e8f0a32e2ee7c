import { describe, expect, it } from 'vitest';
import { RoundTrips, quantile } from './round-trips.js';

describe('quantile', () => {
  it('is undefined for no numbers and the number itself for one', () => {
    expect(quantile([], 0.5)).toBeUndefined();
    expect(quantile([7], 0)).toBe(7);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it('is the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(quantile(hundred, 0.5)).toBe(50);
    expect(quantile(hundred, 0.99)).toBe(99);
    expect(quantile(hundred, 1)).toBe(100);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
  });
});

describe('RoundTrips', () => {
  it('has no figures before the first answer', () => {
    expect(new RoundTrips(3).figures()).toEqual({ last: undefined, p50: undefined, p99: undefined, lost: 0 });
  });

  it('counts lost ones and leaves them out of the quantiles', () => {
    const trips = new RoundTrips(10);
    for (const sample of [3, 1, null, 2, null]) trips.add(sample);
    expect(trips.figures()).toEqual({ last: 2, p50: 2, p99: 3, lost: 2 });
  });

  it('forgets the oldest when it is full', () => {
    const trips = new RoundTrips(3);
    for (const sample of [100, null, 1, 2, 3]) trips.add(sample);
    expect(trips.samples).toEqual([1, 2, 3]);
    expect(trips.figures()).toEqual({ last: 3, p50: 2, p99: 3, lost: 0 });
  });

  it('orders by size, not by text', () => {
    const trips = new RoundTrips(3);
    for (const sample of [10, 9, 100]) trips.add(sample);
    expect(trips.figures().p50).toBe(10);
  });

  it.each([0, 1.5, Number.NaN])('refuses a capacity of %s', (capacity) => {
    expect(() => new RoundTrips(capacity)).toThrow(RangeError);
  });
});
