import { missingRedis } from '../process/redis.js';
import { startNodes } from './backends.js';
import { loadColumns } from './columns.js';
import { loadScenario } from './load-scenario.js';
import type { Variant } from './scenario.js';

function variant(rooms: number, size: number): Variant {
  return { name: `${rooms} room${rooms === 1 ? '' : 's'} of ${size}`, parameters: { rooms, size } };
}

export const fanOut = loadScenario({
  name: 'fan-out',
  what: '64 bytes sent to a room over two nodes that share a Redis, one message in flight per room; backend CPU is that of both nodes',
  columns: loadColumns('delivery'),
  variants: [variant(20, 10), variant(5, 100), variant(1, 1_000)],
  quickVariants: [variant(2, 100)],
  backends: startNodes,
  balanced: true,
  obstacle: missingRedis,
});
