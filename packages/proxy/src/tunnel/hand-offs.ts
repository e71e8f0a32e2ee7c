import { Roster } from '@pinwheel/roster';
import type { Place } from '@pinwheel/roster';
import type { ListenerCounts } from '../listen/listener.js';
import type { HandOff } from './hand-off.js';

/** The connections that the processes of peers have taken over: counts them, closes them. */
export class HandOffs {
  readonly #taken = new Roster<HandOff>();
  readonly #onEmpty: () => void;
  /** Since the start. */
  opened = 0;

  /** @param onEmpty called when the last one has ended */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  /** With their peers' processes now. */
  get size(): number {
    return this.#taken.size;
  }

  /** A process has taken a connection. @returns its place, to be given back by `leave` */
  join(handOff: HandOff): Place<HandOff> {
    this.opened++;
    return this.#taken.join(handOff);
  }

  /** @param counts of the listener that the connection came to */
  leave(place: Place<HandOff> | undefined, counts: ListenerCounts): void {
    if (this.#taken.leave(place)) counts.connections--;
    if (this.#taken.size === 0) this.#onEmpty();
  }

  /** Those that are with their processes now. */
  list(): readonly HandOff[] {
    return [...this.#taken];
  }

  /** Asks the processes to close them. */
  closeAll(): void {
    for (const handOff of this.#taken) handOff.destroy();
  }

  /** Ends them without waiting for the processes. */
  evictAll(): void {
    for (const handOff of this.#taken) handOff.evict();
  }
}
