import type { RoomMember } from '@pinwheel/protocol';
import type { Link } from './link.js';
import { formatCount } from './format.js';

/** Milliseconds for the list that tells what was said while the page was away. */
const LIST_MS = 4_000;

/**
 * Counts the room messages that this page did not hear. Every sender's messages are numbered, and the list of members says
 * how many each has said: what lies between the number heard last and that one, after a time away, was missed.
 */
export class Missed {
  readonly #heard = new Map<string, number>();
  #room: string | undefined;
  #away = false;
  #waiting: ((text: string) => void)[] = [];

  constructor(link: Link) {
    link.socket.on('disconnect', () => {
      this.#away = true;
    });
  }

  /** Tells the room that the page is in: undefined for none. */
  enter(room: string | undefined): void {
    if (room === this.#room) return;
    this.#room = room;
    this.#heard.clear();
    this.#answer('0 messages missed');
  }

  hear(from: string, number: number): void {
    // While what was missed is not counted yet, what is heard leaves the gap open.
    if (!this.#away) this.#heard.set(from, number);
  }

  /** Takes the list of members, the first one after a time away counting what was missed. */
  list(members: readonly RoomMember[]): void {
    let count = 0;
    for (const { id, said = 0 } of members) {
      if (this.#away) count += Math.max(0, said - (this.#heard.get(id) ?? 0));
      this.#heard.set(id, said);
    }
    if (this.#away) this.#answer(formatCount(count, 'message missed', 'messages missed'));
    this.#away = false;
  }

  /** What was missed, in words. In no room nothing is said that could be. */
  count(): Promise<string> {
    if (this.#room === undefined) {
      this.#away = false;
      return Promise.resolve('0 messages missed');
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      window.setTimeout(() => resolve('not known how many messages missed'), LIST_MS);
    });
  }

  #answer(text: string): void {
    for (const resolve of this.#waiting) resolve(text);
    this.#waiting = [];
  }
}
