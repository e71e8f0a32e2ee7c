// A worker as a process. It exits when its parent does.
import type { ToWorker } from './messages.js';
import { LoadWorker } from './load-worker.js';

const worker = new LoadWorker(
  (message) => {
    if (process.connected) process.send?.(message);
  },
  () => process.exit(0),
);

// Ctrl-C reaches every process of a terminal, but the parent decides when a worker ends.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToWorker) => worker.hear(message));
