import { startEcho } from './backends.js';
import { loadColumns } from './columns.js';
import { loadScenario } from './load-scenario.js';
import type { Variant } from './scenario.js';

function variant(connections: number): Variant {
  return { name: `${connections} session${connections === 1 ? '' : 's'}`, parameters: { connections } };
}

export const polling = loadScenario({
  name: 'polling',
  what: 'Engine.IO polling, each session over one kept-alive connection: a POST with a message, the GET that brings its echo',
  columns: loadColumns('request'),
  variants: [variant(1), variant(32)],
  quickVariants: [variant(32)],
  backends: startEcho,
});
