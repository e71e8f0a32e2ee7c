import { startEcho } from './backends.js';
import { connectColumns } from './columns.js';
import { loadScenario } from './load-scenario.js';

const VARIANTS = [{ name: '16 at once', parameters: { atOnce: 16 } }];

export const connectWs = loadScenario({
  name: 'connect-ws',
  what: 'WebSocket handshakes, each on a new connection: from connect to 101',
  columns: connectColumns(),
  variants: VARIANTS,
  quickVariants: VARIANTS,
  backends: startEcho,
});
