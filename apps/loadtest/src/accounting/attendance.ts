interface Stay {
  readonly since: number;
  readonly node: number;
}

/** The members of a room, now and earlier, and their nodes. A member is a place in the room. */
export class Attendance {
  /** Bit set of the members in the room now. */
  readonly present: Uint32Array;
  /** Number of members now, by node. */
  readonly perNode: number[] = [];
  online = 0;
  readonly #node: Int32Array;
  readonly #leftAt: Float64Array;
  /** The stays of members that joined more than once, oldest first. */
  readonly #stays = new Map<number, Stay[]>();
  readonly #since: Float64Array;

  constructor(members: number) {
    this.present = new Uint32Array(Math.max(1, Math.ceil(members / 32)));
    this.#node = new Int32Array(members).fill(-1);
    this.#leftAt = new Float64Array(members).fill(-Infinity);
    this.#since = new Float64Array(members).fill(-Infinity);
  }

  isPresent(member: number): boolean {
    return ((this.present[member >>> 5] ?? 0) & (1 << (member & 31))) !== 0;
  }

  enter(member: number, node: number, now: number): void {
    if (this.isPresent(member)) this.leave(member, now);
    const before = this.#node[member] ?? -1;
    if (before !== -1) {
      const stays = this.#stays.get(member) ?? [];
      stays.push({ since: this.#since[member] ?? now, node: before });
      this.#stays.set(member, stays);
    }
    this.#node[member] = node;
    this.#since[member] = now;
    this.present[member >>> 5] = (this.present[member >>> 5] ?? 0) | (1 << (member & 31));
    this.perNode[node] = (this.perNode[node] ?? 0) + 1;
    this.online++;
  }

  leave(member: number, now: number): void {
    if (!this.isPresent(member)) return;
    const node = this.#node[member] ?? 0;
    this.#leftAt[member] = now;
    this.present[member >>> 5] = (this.present[member >>> 5] ?? 0) & ~(1 << (member & 31));
    this.perNode[node] = (this.perNode[node] ?? 0) - 1;
    this.online--;
  }

  /** The node that a member is on, or was on last; -1 for a member that never joined. */
  node(member: number): number {
    return this.#node[member] ?? -1;
  }

  /** The node that a member was on at `time`, when it was in the room. */
  nodeAt(member: number, time: number): number {
    if ((this.#since[member] ?? 0) <= time) return this.node(member);
    return this.#stays.get(member)?.findLast((stay) => stay.since <= time)?.node ?? this.node(member);
  }

  /** True when a member that was in the room at `time` has lost its connection since. */
  hasLeftSince(member: number, time: number): boolean {
    return (this.#leftAt[member] ?? -Infinity) >= time;
  }
}
