import { randomBytes } from 'node:crypto';
import { within } from '../redis/within.js';
import type { RedisLink } from '../redis/redis-link.js';
import { roomScripts } from './room-scripts.js';
import type { RoomScripts } from './room-scripts.js';

export interface RoomCountsOptions {
  readonly link: RedisLink;
  /** How many members a room has on this node, now. */
  readonly localCount: (room: string) => number;
  /** The rooms that have members on this node, now. */
  readonly localRooms: () => Iterable<string>;
  /** Begins the names of the keys in Redis. Default `pinwheel`. */
  readonly prefix?: string;
  /** Milliseconds between two signs of life. Default 1,000. */
  readonly heartbeat?: number;
  /** Milliseconds without a sign of life after which a node's members count no more. Default 3,000. */
  readonly ttl?: number;
  /** Milliseconds after which a count is answered with the local members only. Default 500. */
  readonly answerTimeout?: number;
}

/** Rooms in one script call: Redis does nothing else meanwhile. */
const CHUNK = 200;

interface Waiting {
  readonly promise: Promise<number>;
  readonly resolve: (count: number) => void;
}

/**
 * Counts the members of rooms over all nodes, at a cost that does not grow with the number of nodes: Redis holds each
 * room's total, and beside it what every node adds to it. A node always sets its own share, never adds to it, so that a
 * lost or repeated command is healed by the next; the shares of a node that gives no sign of life any more are taken out by
 * the others; and a node that finds its own missing, because Redis was restarted or thought it dead, sets them anew.
 *
 * With Redis away or slow, a count is that of this node.
 */
export class RoomCounts {
  readonly #options: Required<RoomCountsOptions>;
  readonly #scripts: RoomScripts;
  readonly #nodes: string;
  readonly #waiting = new Map<string, Waiting>();
  /** Names this node in Redis; another one after it was thought dead. */
  #id = newId();
  #timer: NodeJS.Timeout | undefined;
  /** True while the id is in Redis with all shares right, as far as is known. */
  #settled = false;
  #settling = false;
  #stopped = false;

  constructor(options: RoomCountsOptions) {
    this.#options = { prefix: 'pinwheel', heartbeat: 1_000, ttl: 3_000, answerTimeout: 500, ...options };
    // The braces put all keys into one slot of a Redis Cluster.
    this.#nodes = `{${this.#options.prefix}}:nodes`;
    this.#scripts = roomScripts(this.#options.link.commands, (id) => `{${this.#options.prefix}}:rooms:${id}`);
    this.#options.link.commands.on('close', this.#onClose);
    this.#options.link.commands.on('ready', this.#onReady);
    this.#timer = setInterval(() => this.#tick(), this.#options.heartbeat);
    this.#timer.unref();
    if (this.#options.link.commands.status === 'ready') this.#settle();
  }

  /**
   * Tells Redis how many members `room` has on this node now, and asks how many it has over all nodes. To be called after
   * every change. Calls of one turn of the event loop become one command.
   *
   * @returns members over all nodes, or on this node when Redis does not say in time; never rejects
   */
  update(room: string): Promise<number> {
    const known = this.#waiting.get(room);
    if (known !== undefined) return known.promise;
    if (this.#waiting.size === 0) setImmediate(() => this.#flush());
    const { promise, resolve } = deferred<number>();
    this.#waiting.set(room, { promise, resolve });
    return promise;
  }

  /** Takes this node's shares out of the totals and stops. Bounded by `answerTimeout`; never rejects. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    const { link, answerTimeout } = this.#options;
    link.commands.off('close', this.#onClose);
    link.commands.off('ready', this.#onReady);
    if (link.commands.status !== 'ready') return;
    // A score of 0 is a death long ago. What does not get done here, the others do.
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
      // The settling under way, or the next one, has yet to read the local counts: what changed here is in it.
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

  /** The totals; undefined, with a settling to come, when Redis did not take the shares. */
  async #share(rooms: readonly string[]): Promise<number[] | undefined> {
    const { localCount, ttl, answerTimeout } = this.#options;
    const shares = rooms.map((room) => ({ key: this.#key(room), members: localCount(room) }));
    try {
      const totals = await within(answerTimeout, this.#scripts.share(this.#nodes, this.#id, ttl, shares));
      if (totals === undefined) this.#settled = false;
      return totals;
    } catch {
      // Away, or too slow: whether the command still takes effect is not known. The next tick settles it.
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

  /** Brings the shares in Redis to what is so on this node. One at a time. */
  #settle(): void {
    this.#settled = false;
    if (this.#stopped || this.#settling) return;
    this.#settling = true;
    this.#bring()
      .catch(() => undefined) // The next tick tries again.
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
    // No turn of the event loop between the two: a change is either in these rooms or told by `update`.
    const rooms = [...new Set([...localRooms(), ...there.map((key) => key.slice(prefix.length))])];
    this.#settled = true;
    for (let i = 0; i < rooms.length && this.#settled && !this.#stopped; i += CHUNK) {
      await this.#share(rooms.slice(i, i + CHUNK));
    }
  }

  /** A sign of life; and the shares of nodes that give none any more are taken out. */
  async #beat(enter: boolean): Promise<boolean> {
    const { ttl, answerTimeout } = this.#options;
    const { lives, dead } = await within(answerTimeout, this.#scripts.beat(this.#nodes, this.#id, ttl, enter));
    for (const id of dead) {
      // Whatever is left undone is found dead again at the next beat.
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
