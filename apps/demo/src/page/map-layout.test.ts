import { describe, expect, it } from 'vitest';
import { layOut, pulsesFor } from './map-layout.js';

describe('the map', () => {
  it.each([
    [320, 2],
    [360, 4],
    [1_000, 2],
    [1_000, 16],
    [1_000, 64],
  ])('%d pixels wide holds %d nodes inside, none over another', (width, count) => {
    const { nodes, redis, balancer, height } = layOut(width, count);
    expect(nodes).toHaveLength(count);
    for (const [index, box] of nodes.entries()) {
      expect(box.x).toBeGreaterThan(balancer.x);
      expect(box.x + box.width).toBeLessThan(redis.x);
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.y + box.height).toBeLessThanOrEqual(height);
      expect(box.y + box.height).toBeLessThan(nodes[index + 1]?.y ?? Number.POSITIVE_INFINITY);
    }
  });

  it('shows no pulse for no delivery, one for one, and few for many', () => {
    expect([0, -3, 1, 2, 9, 1_000_000].map(pulsesFor)).toEqual([0, 0, 1, 2, 4, 5]);
  });
});
