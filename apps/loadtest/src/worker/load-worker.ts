import { setPriority } from 'node:os';
import type { FromWorker, ToWorker } from './messages.js';
import { Duty } from './duty.js';

/** Milliseconds in which connections have to close. */
const LEAVE_MS = 500;

/** The priority of a worker: above the servers on this machine, which would otherwise delay the clock that measures them. */
const PRIORITY = -10;

/** A worker with a part of the rooms and all their clients. It needs a thread of its own. */
export class LoadWorker {
  readonly #send: (message: FromWorker) => void;
  readonly #left: () => void;
  #duty: Duty | undefined;

  /**
   * @param send gets the worker's messages
   * @param left called when the worker was ordered to leave and its connections have had the time to close
   */
  constructor(send: (message: FromWorker) => void, left: () => void) {
    this.#send = send;
    this.#left = left;
    try {
      // Linux gives priorities to threads: this changes that of the main thread, and Node's other threads keep theirs.
      setPriority(PRIORITY);
    } catch {
      // Only root may raise a priority. Without it the schedule lag shows how much other programs delayed us.
    }
  }

  hear(message: ToWorker): void {
    if (message.type === 'plan') this.#duty = new Duty(message.plan, this.#send);
    else this.#duty?.handle(message);
    if (message.type === 'leave') setTimeout(this.#left, LEAVE_MS);
  }
}
