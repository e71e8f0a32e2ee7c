import { setPriority } from 'node:os';
import type { FromWorker, ToWorker } from './messages.js';
import { Duty } from './duty.js';

/** How long connections may take to be closed properly. */
const LEAVE_MS = 500;

/** Above the programs of this machine, so that a busy server does not delay the clock that it is measured by. */
const PRIORITY = -10;

/** A worker with a part of the rooms and all of their clients. It has the thread that it is made in to itself. */
export class LoadWorker {
  readonly #tell: (message: FromWorker) => void;
  readonly #left: () => void;
  #duty: Duty | undefined;

  /**
   * @param tell gets what happens
   * @param left called when it has been told to leave and its connections have had the time to close
   */
  constructor(tell: (message: FromWorker) => void, left: () => void) {
    this.#tell = tell;
    this.#left = left;
    try {
      // Linux knows threads only: it is the priority of this one, and those that Node.js has beside it keep theirs.
      setPriority(PRIORITY);
    } catch {
      // Only root may: without it the schedule lag tells how much the machine was in the way.
    }
  }

  hear(message: ToWorker): void {
    if (message.type === 'plan') this.#duty = new Duty(message.plan, this.#tell);
    else this.#duty?.handle(message);
    if (message.type === 'leave') setTimeout(this.#left, LEAVE_MS);
  }
}
