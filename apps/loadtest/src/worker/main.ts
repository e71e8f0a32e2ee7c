// A process of its own with a part of the rooms and all of their clients. It ends when its parent does.
import type { FromWorker, ToWorker } from '../wire.js';
import { Duty } from './duty.js';

/** How long connections may take to be closed properly. */
const LEAVE_MS = 500;

let duty: Duty | undefined;

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

// Ctrl-C reaches every process of a terminal: the parent decides what becomes of it.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToWorker) => {
  if (message.type === 'plan') duty = new Duty(message.plan, tell);
  else duty?.handle(message);
  if (message.type === 'leave') setTimeout(() => process.exit(0), LEAVE_MS);
});
tell({ type: 'ready' });
