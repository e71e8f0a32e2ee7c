/** Where a member stands in its roster. */
export interface Place<T> {
  readonly member: T;
  /** -1: it has left. */
  index: number;
}

/**
 * Members in no order, which come and go by the thousand: an array in which the last one takes the place of one that
 * leaves.
 *
 * A `Set` would do the same, were it not for V8's garbage collector. A table that a `Set` has outgrown refers to the next
 * one; one that was promoted to the old generation keeps, unused itself, all those after it and whoever they held from
 * being collected with the young generation, until the old one is: two thirds of what thousands of short connections a
 * second leave behind.
 */
export class Roster<T> {
  readonly #places: Place<T>[] = [];

  get size(): number {
    return this.#places.length;
  }

  /** @returns what to leave with */
  join(member: T): Place<T> {
    const place = { member, index: this.#places.length };
    this.#places.push(place);
    return place;
  }

  /** @returns false when it had left already, or never came */
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

  /** Every member that is there at the beginning comes up once, unless it has left by then. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    // Those that leave meanwhile would move others behind what has come up.
    const places = this.#places.slice();
    for (const place of places) if (place.index >= 0) yield place.member;
  }
}
