/** The place of a member in its roster. */
export interface Place<T> {
  readonly member: T;
  /** -1 after it has left. */
  index: number;
}

/**
 * Members in no order, for thousands that come and go every second: an array in which the last member takes the place of
 * one that leaves.
 *
 * A `Set` keeps its members from being collected early. When it outgrows its table, the old table refers to the new one.
 * Once V8 has promoted one of these tables to the old generation, that unused table keeps every later one, and all the
 * members in them, alive until the old generation is collected. With thousands of short connections a second that was two
 * thirds of all garbage (test/bench, `insides`).
 */
export class Roster<T> {
  readonly #places: Place<T>[] = [];

  get size(): number {
    return this.#places.length;
  }

  /** Adds a member. @returns the place, to leave with */
  join(member: T): Place<T> {
    const place = { member, index: this.#places.length };
    this.#places.push(place);
    return place;
  }

  /** Removes a member. @returns false when it had left already, or never joined */
  leave(place: Place<T> | undefined): boolean {
    if (place === undefined || place.index < 0) return false;
    const last = this.#places.pop();
    if (last !== undefined && last !== place) {
      this.#places[place.index] = last;
      last.index = place.index;
    }
    place.index = -1;
    return true;
  }

  /** Yields every member of the beginning once, unless it has left by then. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    // A copy, because a member that leaves moves another one into its place.
    const places = this.#places.slice();
    for (const place of places) if (place.index >= 0) yield place.member;
  }
}
