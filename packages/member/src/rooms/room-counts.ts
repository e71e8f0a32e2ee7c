import { randomBytes } from 'node:crypto';
import { within } from '../redis/within.js';
import type { RedisLink } from '../redis/redis-link.js';
import { roomScripts } from './room-scripts.js';
import type { RoomScripts } from './room-scripts.js';

export interface RoomCountsOptions {
  readonly link: RedisLink;
  /** Returns the current number of a room's members on this node. */
  readonly localCount: (room: string) => number;
  /** Returns the rooms that have members on this node. */
  readonly localRooms: () => Iterable<string>;
  /** Prefix of the keys in Redis. Default `pinwheel`. */
  readonly prefix?: string;
  /** Milliseconds between two heartbeats. Default 1,000. */
  readonly heartbeat?: number;
  /** Milliseconds without a heartbeat after which the others stop counting a node's members. Default 3,000. */
  readonly ttl?: number;
  /** Milliseconds for Redis to answer; after that a count is that of the local members. Default 500. */
  readonly answerTimeout?: number;
}

/** Rooms of one script call, during which Redis does nothing else. */
const CHUNK = 200;

interface Waiting {
  readonly promise: Promise<number>;
  readonly resolve: (count: number) => void;
}

/**
 * Counts the members of rooms over all nodes, at a cost that does not grow with the number of nodes.
 *
 * Redis holds each room's total and the share of each node in it. A node sets its own share and never increments it, so that
 * the next command repairs a lost or repeated one. When a node's heartbeats stop, the others subtract its shares. A node
 * whose shares are missing, because Redis was restarted or its heartbeats were late, sets them again.
 *
 * While Redis is down or slow, a count is that of this node.
 *
 * @example
 * const counts = new RoomCounts({ link, localCount: (room) => rooms.get(room)?.size ?? 0, localRooms: () => rooms.keys() });
 * counts.start();
 * const members = await counts.update('lobby'); // after each join and leave
 */
export class RoomCounts {
  readonly #options: Required<RoomCountsOptions>;
  readonly #scripts: RoomScripts;
  readonly #nodes: string;
  readonly #waiting = new Map<string, Waiting>();
  /** Names this node in Redis. It gets a new name when its heartbeats were late. */
  #id = newId();
  #timer: NodeJS.Timeout | undefined;
  /** True while Redis has this node's id and, as far as is known, its right shares. */
  #settled = false;
  #settling = false;
  #stopped = false;

  constructor(options: RoomCountsOptions) {
    this.#options = { prefix: 'pinwheel', heartbeat: 1_000, ttl: 3_000, answerTimeout: 500, ...options };
    // The braces put all keys into one slot of a Redis Cluster.
    this.#nodes = `{${this.#options.prefix}}:nodes`;
    this.#scripts = roomScripts(this.#options.link.commands, (id) => `{${this.#options.prefix}}:rooms:${id}`);
  }

  /** Sends the heartbeats and shares of this node from now on. Until then a count is that of the local members. */
  start(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    this.#options.link.commands.on('close', this.#onClose);
    this.#options.link.commands.on('ready', this.#onReady);
    this.#timer = setInterval(() => this.#tick(), this.#options.heartbeat);
    this.#timer.unref();
    if (this.#options.link.commands.status === 'ready') this.#settle();
  }

  /**
   * Sets this node's share of a room, and returns the room's members over all nodes. Call it after every change. Calls in
   * one turn of the event loop become one command.
   *
   * @returns members over all nodes, or on this node when Redis does not answer in time; never rejects
   */
  update(room: string): Promise<number> {
    const known = this.#waiting.get(room);
    if (known !== undefined) return known.promise;
    if (this.#waiting.size === 0) setImmediate(() => this.#flush());
    const { promise, resolve } = deferred<number>();
    this.#waiting.set(room, { promise, resolve });
    return promise;
  }

  /** Subtracts this node's shares from the totals and stops, within `answerTimeout`. Never rejects. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    const { link, answerTimeout } = this.#options;
    link.commands.off('close', this.#onClose);
    link.commands.off('ready', this.#onReady);
    if (link.commands.status !== 'ready') return;
    // A score of 0 is a heartbeat long ago, so the others subtract the shares that this node could not.
    const leave = link.commands.zadd(this.#nodes, 'XX', 0, this.#id).then(() => this.#reap(this.#id));
    await within(answerTimeout, leave).catch(() => undefined);
  }

  readonly #onClose = (): void => {
    this.#settled = false;
  };

  readonly #onReady = (): void => {
    this.#settle();
  };

  #flush(): void {
    const batch = [...this.#waiting];
    this.#waiting.clear();
    if (!this.#settled || this.#stopped) {
      // The settling in progress, or the next one, still has to read the local counts, and includes this change.
      for (const [room, { resolve }] of batch) resolve(this.#options.localCount(room));
      return;
    }
    for (let i = 0; i < batch.length; i += CHUNK) void this.#answer(batch.slice(i, i + CHUNK));
  }

  async #answer(batch: readonly (readonly [string, Waiting])[]): Promise<void> {
    const rooms = batch.map(([room]) => room);
    const totals = await this.#share(rooms);
    batch.forEach(([room, { resolve }], i) => resolve(totals?.[i] ?? this.#options.localCount(room)));
  }

  /** The totals; undefined when Redis did not take the shares, after which they are settled again. */
  async #share(rooms: readonly string[]): Promise<number[] | undefined> {
    const { localCount, ttl, answerTimeout } = this.#options;
    const shares = rooms.map((room) => ({ key: this.#key(room), members: localCount(room) }));
    try {
      const totals = await within(answerTimeout, this.#scripts.share(this.#nodes, this.#id, ttl, shares));
      if (totals === undefined) this.#settled = false;
      return totals;
    } catch {
      // Redis is down or too slow. Whether the command still takes effect is unknown, so the next tick settles the shares.
      this.#settled = false;
      return undefined;
    }
  }

  #tick(): void {
    if (this.#options.link.commands.status !== 'ready') return;
    if (!this.#settled) {
      this.#settle();
      return;
    }
    this.#beat(false).then(
      (lives) => {
        if (!lives) this.#settle();
      },
      () => {
        this.#settled = false;
      },
    );
  }

  /** Makes the shares in Redis equal to this node's counts. One settling at a time. */
  #settle(): void {
    this.#settled = false;
    if (this.#stopped || this.#settling) return;
    this.#settling = true;
    this.#bring()
      .catch(() => undefined) // The next tick repeats it.
      .finally(() => {
        this.#settling = false;
      });
  }

  async #bring(): Promise<void> {
    const { link, answerTimeout, localRooms } = this.#options;
    if (!(await this.#beat(false))) {
      this.#id = newId();
      await this.#beat(true);
    }
    const there = await within(answerTimeout, link.commands.smembers(this.#roomsOf(this.#id)));
    const prefix = this.#key('');
    // Both in one turn of the event loop: a change is either in these rooms or comes through `update`.
    const rooms = [...new Set([...localRooms(), ...there.map((key) => key.slice(prefix.length))])];
    this.#settled = true;
    for (let i = 0; i < rooms.length && this.#settled && !this.#stopped; i += CHUNK) {
      await this.#share(rooms.slice(i, i + CHUNK));
    }
  }

  /** Sends a heartbeat, and subtracts the shares of nodes whose heartbeats stopped. @returns whether this node's id is alive */
  async #beat(enter: boolean): Promise<boolean> {
    const { ttl, answerTimeout } = this.#options;
    const { lives, dead } = await within(answerTimeout, this.#scripts.beat(this.#nodes, this.#id, ttl, enter));
    for (const id of dead) {
      // The next heartbeat finds the remaining shares again.
      this.#reap(id).catch(() => undefined);
    }
    return lives;
  }

  async #reap(id: string): Promise<void> {
    const { ttl } = this.#options;
    for (let more = true; more;) more = await this.#scripts.reap(this.#nodes, id, ttl, CHUNK);
  }

  #key(room: string): string {
    return `{${this.#options.prefix}}:room:${room}`;
  }

  #roomsOf(id: string): string {
    return `{${this.#options.prefix}}:rooms:${id}`;
  }
}

function newId(): string {
  return randomBytes(12).toString('base64url');
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((take) => {
    resolve = take;
  });
  return { promise, resolve };
}
