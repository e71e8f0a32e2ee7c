import type { RoomMember } from '@pinwheel/protocol';
import { formatCount } from './format.js';
import type { Link } from './link.js';
import { MissedCount } from './missed-count.js';

/** Milliseconds to wait for the list that shows what was missed. */
const LIST_MS = 4_000;
/** Milliseconds over which messages lost while connected are counted together. */
const TELL_MS = 500;

/** The messages of its room that this page missed: while it was away, and while its server had no Redis. */
export class Missed {
  readonly #count = new MissedCount();
  #room: string | undefined;
  #waiting: ((text: string) => void)[] = [];
  #lost = 0;
  #telling: number | undefined;
  #tell: (count: number) => void = () => undefined;

  constructor(link: Link) {
    link.socket.on('disconnect', () => this.#count.away());
  }

  /** Calls `tell` with the number of messages that were lost while the page was connected. */
  onLost(tell: (count: number) => void): void {
    this.#tell = tell;
  }

  /** Sets the room of the page; undefined for none. */
  enter(room: string | undefined): void {
    if (room === this.#room) return;
    this.#room = room;
    this.#count.clear();
    this.#answer('0 messages missed');
  }

  hear(from: string, number: number): void {
    this.#lose(this.#count.hear(from, number));
  }

  /** Reads a list of members. The first one after a time away shows what was missed. */
  list(members: readonly RoomMember[]): void {
    const wasAway = this.#count.isAway;
    const lost = this.#count.list(members);
    if (wasAway) this.#answer(formatCount(lost, 'message missed', 'messages missed'));
    else this.#lose(lost);
  }

  /** The number of messages missed while away, as text. Without a room there are none. */
  count(): Promise<string> {
    if (this.#room === undefined) {
      this.#count.clear();
      return Promise.resolve('0 messages missed');
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      window.setTimeout(() => resolve('the number of missed messages is unknown'), LIST_MS);
    });
  }

  #lose(count: number): void {
    if (count === 0) return;
    this.#lost += count;
    if (this.#telling !== undefined) return;
    this.#telling = window.setTimeout(() => {
      this.#telling = undefined;
      this.#tell(this.#lost);
      this.#lost = 0;
    }, TELL_MS);
  }

  #answer(text: string): void {
    for (const resolve of this.#waiting) resolve(text);
    this.#waiting = [];
  }
}
