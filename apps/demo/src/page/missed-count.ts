/** The known numbers of one sender's messages in a room. A sender's messages are numbered from 1. */
interface Sender {
  /** The last number that was received, or that was sent before the page joined. */
  last: number;
  /** The number in the last list of members, if that was higher. */
  behind: number | undefined;
  /** The first and the last number received after a time away that has not been counted yet. */
  first: number | undefined;
  latest: number | undefined;
}

/**
 * Counts the messages of a room that were missed. Pure: its inputs are the messages received, the times away, and the
 * numbers of messages in the lists of members.
 */
export class MissedCount {
  readonly #senders = new Map<string, Sender>();
  #isAway = false;
  /** Messages missed in a time away that was followed by another one before it was counted. */
  #carried = 0;

  get isAway(): boolean {
    return this.#isAway;
  }

  /** Forgets everything: the page is in another room, or in none. */
  clear(): void {
    this.#senders.clear();
    this.#isAway = false;
    this.#carried = 0;
  }

  away(): void {
    this.#isAway = true;
    for (const sender of this.#senders.values()) {
      this.#carried += settle(sender, sender.last);
      sender.behind = undefined;
    }
  }

  /** @returns how many of the sender's messages are missing just before this one */
  hear(from: string, number: number): number {
    const sender = this.#senders.get(from);
    if (sender === undefined) {
      if (this.#isAway) this.#senders.set(from, { last: 0, behind: undefined, first: number, latest: number });
      else this.#senders.set(from, known(number));
      return 0;
    }
    if (this.#isAway) {
      sender.first ??= number;
      sender.latest = number;
      return 0;
    }
    const lost = Math.max(0, number - sender.last - 1);
    // A smaller number means that the sender has left the room and joined again.
    sender.last = number;
    sender.behind = undefined;
    return lost;
  }

  /**
   * Takes a list of members.
   *
   * @returns the number of missed messages: for the first list after a time away, those of that time; else those that two
   * consecutive lists count and that have not arrived. One list alone may be ahead of a message that is in flight
   */
  list(members: readonly { readonly id: string; readonly said?: number }[]): number {
    const wasAway = this.#isAway;
    this.#isAway = false;
    let lost = wasAway ? this.#carried : 0;
    this.#carried = 0;
    for (const { id, said = 0 } of members) {
      const sender = this.#senders.get(id);
      if (sender === undefined) {
        if (wasAway) lost += said;
        this.#senders.set(id, known(said));
      } else if (wasAway) {
        lost += settle(sender, said);
      } else if (sender.behind !== undefined && sender.behind > sender.last) {
        lost += sender.behind - sender.last;
        sender.last = sender.behind;
        sender.behind = undefined;
      } else {
        sender.behind = said > sender.last ? said : undefined;
      }
    }
    return lost;
  }
}

function known(last: number): Sender {
  return { last, behind: undefined, first: undefined, latest: undefined };
}

/** Ends a time away: the numbers between those received before and after it are missing, or those up to `said` if none came. */
function settle(sender: Sender, said: number): number {
  const lost = Math.max(0, (sender.first ?? said + 1) - 1 - sender.last);
  sender.last = sender.latest ?? Math.max(sender.last, said);
  sender.first = sender.latest = undefined;
  return lost;
}
