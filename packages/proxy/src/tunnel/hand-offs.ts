import { Roster } from '@pinwheel/roster';
import type { Place } from '@pinwheel/roster';
import type { ListenerCounts } from '../listen/listener.js';
import type { HandOff } from './hand-off.js';

/** Counts and closes the connections that were handed off to the processes of peers. */
export class HandOffs {
  readonly #taken = new Roster<HandOff>();
  readonly #onEmpty: () => void;
  /** Hand-offs since the start. */
  opened = 0;

  /** @param onEmpty called when the last hand-off has ended */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  /** Handed-off connections that are open. */
  get size(): number {
    return this.#taken.size;
  }

  /** Adds a connection that a process has taken. @returns its place, for `leave` */
  join(handOff: HandOff): Place<HandOff> {
    this.opened++;
    return this.#taken.join(handOff);
  }

  /** Removes a connection that has ended. @param counts counters of its listener */
  leave(place: Place<HandOff> | undefined, counts: ListenerCounts): void {
    if (this.#taken.leave(place)) counts.connections--;
    if (this.#taken.size === 0) this.#onEmpty();
  }

  /** The open handed-off connections. */
  list(): readonly HandOff[] {
    return [...this.#taken];
  }

  /** Asks the processes to close their connections. */
  closeAll(): void {
    for (const handOff of this.#taken) handOff.destroy();
  }

  /** Closes the connections without waiting for the processes. */
  evictAll(): void {
    for (const handOff of this.#taken) handOff.evict();
  }
}
