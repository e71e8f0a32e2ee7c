// A worker with a part of the rooms and all of their clients: a thread, or a process that ends when its parent does.
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../wire.js';
import { Duty } from './duty.js';

/** How long connections may take to be closed properly. */
const LEAVE_MS = 500;

/** Above the programs of this machine, so that a busy server does not delay the clock that it is measured by. */
const PRIORITY = -10;

try {
  // Linux knows threads only: a thread's priority is its own, and that of its process stays as it is.
  setPriority(PRIORITY);
} catch {
  // Only root may: without it the schedule lag tells how much the machine was in the way.
}

let duty: Duty | undefined;

function tell(message: FromWorker): void {
  if (parentPort !== null) parentPort.postMessage(message, []);
  else if (process.connected) process.send?.(message);
}

function hear(message: ToWorker): void {
  if (message.type === 'plan') duty = new Duty(message.plan, tell);
  else duty?.handle(message);
  if (message.type === 'leave') setTimeout(() => process.exit(0), LEAVE_MS);
}

if (parentPort !== null) parentPort.on('message', hear);
else {
  // Ctrl-C reaches every process of a terminal: the parent decides what becomes of it.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit(0));
  process.on('message', hear);
}
tell({ type: 'ready' });
