import { describe, expect, it } from 'vitest';
import { niceCeiling, sparkline } from './sparkline.js';

const plot = { width: 100, height: 10, capacity: 5, floor: 1 };

describe('sparkline', () => {
  it('draws nothing for no samples', () => {
    expect(sparkline([], plot)).toEqual({ line: '', area: '', dot: '', top: 1, cut: false });
  });

  it('puts the newest sample at the right edge and the others a step apart', () => {
    expect(sparkline([0, 0.5, 0.5], plot)).toMatchObject({
      line: 'M50 10L75 5L100 5',
      area: 'M50 10L50 10L75 5L100 5L100 10Z',
      dot: 'M100 5h0.01',
    });
  });

  it('leaves a gap for a lost sample and no dot when the newest is lost', () => {
    const shapes = sparkline([0.5, null, 0.5, null], plot);
    expect(shapes.line).toBe('M25 5M75 5');
    expect(shapes.area).toBe('M25 10L25 5L25 10ZM75 10L75 5L75 10Z');
    expect(shapes.dot).toBe('');
  });

  it('cuts off a rare outlier at the top edge instead of flattening the rest', () => {
    const samples = Array.from({ length: 20 }, (_, index) => (index === 0 ? 900 : 3));
    const shapes = sparkline(samples, { ...plot, capacity: 20 });
    expect(shapes).toMatchObject({ top: 5, cut: true });
    expect(shapes.line.startsWith('M0 0L')).toBe(true);
  });

  it('keeps the top edge at the floor for tiny samples', () => {
    expect(sparkline([0.01, 0.02], plot)).toMatchObject({ top: 1, cut: false });
  });
});

describe('niceCeiling', () => {
  it.each([
    [0.3, 0.5],
    [1, 1],
    [1.1, 2],
    [4, 5],
    [6, 10],
    [10, 10],
    [101, 200],
    [0, 1],
    [Number.NaN, 1],
  ])('rounds %s up to %s', (value, ceiling) => {
    expect(niceCeiling(value)).toBeCloseTo(ceiling);
  });
});
