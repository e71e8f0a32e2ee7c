import { startEcho } from './backends.js';
import { connectColumns } from './columns.js';
import { loadScenario } from './load-scenario.js';

const VARIANTS = [{ name: '8 at once', parameters: { atOnce: 8 } }];

export const connectSio = loadScenario({
  name: 'connect-sio',
  what: 'default socket.io-client connects: from io() to the end of the upgrade',
  columns: connectColumns(),
  variants: VARIANTS,
  quickVariants: VARIANTS,
  backends: startEcho,
});
