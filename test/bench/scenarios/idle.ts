import { openFileLimit } from '../process/proc.js';
import { startEcho } from './backends.js';
import { loadScenario } from './load-scenario.js';
import type { Variant } from './scenario.js';

/** Open files of a proxy besides two sockets per connection. */
const OTHER_FILES = 200;

function variant(connections: number): Variant {
  return { name: `${connections} connections`, parameters: { connections } };
}

export const idle = loadScenario({
  name: 'idle',
  what: 'idle WebSockets: resident memory (VmRSS) that each adds, and how fast they were opened',
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
  // The pause of half a second lets the garbage of the handshakes be collected.
  clock: (planned) => ({ warmUp: planned.warmUp, window: planned.warmUp }),
  obstacle({ parameters }) {
    const needed = 2 * (parameters['connections'] ?? 0) + OTHER_FILES;
    const limit = openFileLimit();
    if (limit >= needed) return undefined;
    return `${needed} open files are needed, the limit is ${limit}: run "ulimit -n ${needed}"`;
  },
});
