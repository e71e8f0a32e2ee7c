import { expect, it } from 'vitest';
import { usualWorkers } from './workers.js';

it.each([
  [200, 20, 1, 1],
  [5_000, 500, 1, 1],
  [5_001, 500, 1, 2],
  [2_000, 200, 5, 2],
  [100_000, 10_000, 1, 4],
])(
  '%i clients in %i rooms that send %i messages a second get %i of up to 4 workers',
  (clients, rooms, rate, workers) => {
    expect(usualWorkers({ clients, rooms, roomSize: undefined, rate }, 4)).toBe(workers);
  },
);

it('a message counts twice in mode echo: once sent, once received', () => {
  expect(usualWorkers({ clients: 1_000, rooms: undefined, roomSize: 1, rate: 5 }, 4)).toBe(1);
  expect(usualWorkers({ clients: 1_000, rooms: undefined, roomSize: 1, rate: 6 }, 4)).toBe(2);
});
