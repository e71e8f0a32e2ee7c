/** Values by a number, for thousands that come and go every second: a `Map` without the fault described at `Roster`. */
export class IdTable<T> {
  #values: Record<number, T | undefined> = Object.create(null) as Record<number, T | undefined>;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    return this.#values[id];
  }

  set(id: number, value: T): void {
    if (this.#values[id] === undefined) this.#size++;
    this.#values[id] = value;
  }

  /** Removes a value. @returns the value */
  take(id: number): T | undefined {
    const value = this.#values[id];
    if (value === undefined) return undefined;
    delete this.#values[id];
    this.#size--;
    return value;
  }

  /** Removes all values. @returns them by ascending id */
  takeAll(): T[] {
    const values = Object.values(this.#values).filter((value) => value !== undefined);
    this.#values = Object.create(null) as Record<number, T | undefined>;
    this.#size = 0;
    return values;
  }
}
