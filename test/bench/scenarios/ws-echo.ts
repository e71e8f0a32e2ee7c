import { startEcho } from './backends.js';
import { loadColumns } from './columns.js';
import { loadScenario } from './load-scenario.js';
import type { Variant } from './scenario.js';

const SIZES = [
  { bytes: 64, text: '64 B' },
  { bytes: 1_024, text: '1 KiB' },
  { bytes: 65_536, text: '64 KiB' },
];

function variant(connections: number, { bytes, text }: { bytes: number; text: string }, inFlight: number): Variant {
  return { name: `${connections} x ${text}, ${inFlight} in flight`, parameters: { connections, bytes, inFlight } };
}

export const wsEcho = loadScenario({
  name: 'ws-echo',
  what: 'binary WebSocket messages, echoed: connections x size, messages in flight on each',
  columns: loadColumns('message'),
  variants: [1, 50, 500].flatMap((connections) =>
    SIZES.flatMap((size) => [1, 16].map((inFlight) => variant(connections, size, inFlight))),
  ),
  quickVariants: [variant(50, { bytes: 64, text: '64 B' }, 1)],
  backends: startEcho,
});
