import { describe, expect, it } from 'vitest';
import { hueOf } from './colour.js';

/** The shorter way round the wheel, in degrees. */
function apart(a: number, b: number): number {
  const difference = Math.abs(a - b) % 360;
  return Math.min(difference, 360 - difference);
}

describe('hueOf', () => {
  it('gives a name the same hue every time, from 0 to 360', () => {
    for (const name of ['Server1', 'app2', 'a', '', '1', 'x'.repeat(10_000), '服务器7', '🎡']) {
      const hue = hueOf(name);
      expect(hue).toBe(hueOf(name));
      expect(hue).toBeGreaterThanOrEqual(0);
      expect(hue).toBeLessThan(360);
    }
  });

  it('makes Server1 blue and Server2 vermilion', () => {
    expect(apart(hueOf('Server1'), 262)).toBeLessThan(3);
    expect(apart(hueOf('Server2'), 40)).toBeLessThan(3);
  });

  it.each(['Server', 'app', 'node-', ''])(
    'keeps the first eight of a row of "%s" at least 20 degrees apart',
    (stem) => {
      const hues = Array.from({ length: 8 }, (_, index) => hueOf(`${stem}${index + 1}`));
      for (const [index, hue] of hues.entries()) {
        for (const other of hues.slice(index + 1)) expect(apart(hue, other)).toBeGreaterThan(20);
      }
    },
  );

  it('gives names without a number different hues', () => {
    const hues = new Set(['berlin', 'tokyo', 'lima', 'oslo'].map((name) => Math.round(hueOf(name))));
    expect(hues.size).toBe(4);
  });

  it('accepts a number of any length', () => {
    expect(hueOf(`node${'9'.repeat(400)}`)).toBeLessThan(360);
  });
});
