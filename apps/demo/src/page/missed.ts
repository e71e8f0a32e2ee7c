import type { RoomMember } from '@pinwheel/protocol';
import { formatCount } from './format.js';
import type { Link } from './link.js';
import { MissedCount } from './missed-count.js';

/** Milliseconds for the list that tells what was said while the page was away. */
const LIST_MS = 4_000;
/** Milliseconds over which what is lost while connected is counted together. */
const TELL_MS = 500;

/** What this page did not hear of its room: while it was away, and while it was connected and Redis was not. */
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

  /** Calls `tell` with how many messages were lost while the page was connected, all the time. */
  onLost(tell: (count: number) => void): void {
    this.#tell = tell;
  }

  /** Tells the room that the page is in: undefined for none. */
  enter(room: string | undefined): void {
    if (room === this.#room) return;
    this.#room = room;
    this.#count.clear();
    this.#answer('0 messages missed');
  }

  hear(from: string, number: number): void {
    this.#lose(this.#count.hear(from, number));
  }

  /** Takes the list of members, the first one after a time away counting what was missed. */
  list(members: readonly RoomMember[]): void {
    const wasAway = this.#count.isAway;
    const lost = this.#count.list(members);
    if (wasAway) this.#answer(formatCount(lost, 'message missed', 'messages missed'));
    else this.#lose(lost);
  }

  /** What was missed while away, in words. In no room nothing is said that could be. */
  count(): Promise<string> {
    if (this.#room === undefined) {
      this.#count.clear();
      return Promise.resolve('0 messages missed');
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      window.setTimeout(() => resolve('not known how many messages missed'), LIST_MS);
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
