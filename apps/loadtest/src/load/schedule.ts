/** The input of the message plan, which no response of the server changes. */
export interface ScheduleOptions {
  /** Rooms of the whole run: their messages are spread evenly over a period. */
  readonly rooms: number;
  /** Messages per room and second. */
  readonly rate: number;
  readonly seed: number;
  /** The number of members of each room in this schedule. */
  readonly members: ReadonlyMap<number, number>;
}

/**
 * The planned messages of some rooms, in order of time. Every room sends once per period, at its own point in the period;
 * the points are a whole number of equal parts apart, in an order that the seed decides. In each room the members send
 * in turn.
 */
export class Schedule {
  readonly #periodMs: number;
  readonly #rooms: Int32Array;
  readonly #points: Float64Array;
  readonly #members: Int32Array;
  readonly #firsts: Int32Array;
  #at = 0;
  #round = 0;

  constructor(options: ScheduleOptions) {
    this.#periodMs = 1_000 / options.rate;
    const places = shuffled(options.rooms, options.seed);
    const own = [...options.members.keys()].toSorted((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
    this.#rooms = Int32Array.from(own);
    this.#points = Float64Array.from(own, (room) => (((places[room] ?? 0) + 0.5) / options.rooms) * this.#periodMs);
    this.#members = Int32Array.from(own, (room) => options.members.get(room) ?? 1);
    this.#firsts = Int32Array.from(own, (room) => (places[room] ?? 0) % (options.members.get(room) ?? 1));
  }

  /** The planned time of the next message, in milliseconds from the beginning; Infinity without rooms. */
  get plannedMs(): number {
    return this.#rooms.length === 0 ? Infinity : (this.#points[this.#at] ?? 0) + this.#round * this.#periodMs;
  }

  /** The room of the next message. */
  get room(): number {
    return this.#rooms[this.#at] ?? 0;
  }

  /** The sender of the next message, as a place in the room. */
  get sender(): number {
    return ((this.#firsts[this.#at] ?? 0) + this.#round) % (this.#members[this.#at] ?? 1);
  }

  /** Advances to the following message. */
  advance(): void {
    this.#at++;
    if (this.#at < this.#rooms.length) return;
    this.#at = 0;
    this.#round++;
  }
}

/** The numbers below `count` in an order that `seed` decides (Fisher and Yates with a 32-bit generator). */
export function shuffled(count: number, seed: number): Int32Array {
  const numbers = Int32Array.from({ length: count }, (_, index) => index);
  let state = (seed ^ 0x9e3779b9) >>> 0;
  for (let left = count - 1; left > 0; left--) {
    // xorshift32: a state of 0 would stay 0.
    if (state === 0) state = 1;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    const other = state % (left + 1);
    const swapped = numbers[left] ?? 0;
    numbers[left] = numbers[other] ?? 0;
    numbers[other] = swapped;
  }
  return numbers;
}
