/** A sender's messages in a room, as far as this page knows of them. Every sender's are numbered from 1. */
interface Sender {
  /** The last number that was heard, or was said before the page could hear. */
  last: number;
  /** What the list of members said the last time, where that was more. */
  behind: number | undefined;
  /** The first and the last number heard after a time away that is not counted yet. */
  first: number | undefined;
  latest: number | undefined;
}

/**
 * Counts the messages of a room that were not heard. Pure: it is told what is heard, when the page is away, and what the
 * lists of members say that each has said.
 */
export class MissedCount {
  readonly #senders = new Map<string, Sender>();
  #isAway = false;
  /** Of a time away that ended in another one before it was counted. */
  #carried = 0;

  get isAway(): boolean {
    return this.#isAway;
  }

  /** The page is in another room, or in none: nothing is known of it. */
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
    // A smaller one: the sender left the room and came again.
    sender.last = number;
    sender.behind = undefined;
    return lost;
  }

  /**
   * Takes a list of members.
   *
   * @returns how many messages were missed: while away, for the first list after it; else what two lists in a row say was
   * said and what has not come. One list alone may be ahead of a message that is on its way
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

/** Ends a time away: what lies between what was heard before and after it, or up to `said` where nothing was, is missing. */
function settle(sender: Sender, said: number): number {
  const lost = Math.max(0, (sender.first ?? said + 1) - 1 - sender.last);
  sender.last = sender.latest ?? Math.max(sender.last, said);
  sender.first = sender.latest = undefined;
  return lost;
}
