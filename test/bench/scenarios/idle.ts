import { openFileLimit } from '../process/proc.js';
import { startEcho } from './backends.js';
import { loadScenario } from './load-scenario.js';
import type { Variant } from './scenario.js';

/** Files that a proxy has open besides two sockets per connection. */
const OTHER_FILES = 200;

function variant(connections: number): Variant {
  return { name: `${connections} connections`, parameters: { connections } };
}

export const idle = loadScenario({
  name: 'idle',
  what: 'WebSockets that say nothing: resident memory (VmRSS) that each adds, and how fast they were opened',
  columns: [
    { title: 'proxy KiB/connection', figure: 'proxyMemory', unit: 1_024, digits: 1 },
    { title: 'backend KiB/connection', figure: 'backendMemory', unit: 1_024, digits: 1 },
    { title: 'opened/s', figure: 'rate', digits: 0 },
    { title: 'memory/nginx', figure: 'proxyMemory', ratioTo: 'nginx', digits: 2 },
  ],
  variants: [variant(5_000)],
  quickVariants: [variant(500)],
  backends: startEcho,
  fresh: true,
  // Half a second lets the garbage of the handshakes be noticed.
  clock: (planned) => ({ warmUp: planned.warmUp, window: planned.warmUp }),
  obstacle({ parameters }) {
    const needed = 2 * (parameters['connections'] ?? 0) + OTHER_FILES;
    const limit = openFileLimit();
    if (limit >= needed) return undefined;
    return `expected room for ${needed} open files, got ${limit}: ulimit -n ${needed}`;
  },
});
