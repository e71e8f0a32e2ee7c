import type { Facts } from './facts.js';
import { valueOf } from './location.js';
import type { Peer } from './peer.js';
import { RecentMap } from './recent-map.js';
import type { StickyOptions } from './sticky-options.js';
import type { Value } from './value.js';

/** Which peer a learned session is with, and when it was last heard of, in milliseconds of `now`. */
interface Session {
  readonly peer: string;
  readonly last: number;
}

/** Requests of one client stay with one peer, which they name by a cookie, a route or a session (nginx: `sticky`). */
export class Sticky {
  readonly #options: StickyOptions;
  readonly #now: () => number;
  #sessions: RecentMap<Session>;

  /** @param now milliseconds of a clock that never goes back */
  constructor(options: StickyOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
    this.#sessions = new RecentMap(options.learn?.sessions ?? 1);
  }

  /** `Peer.id` of the peer that the request asks for; empty when it asks for none. */
  wanted(facts: () => Facts): string {
    const { lookup, learn } = this.#options;
    const found = firstOf(lookup, facts);
    if (found === '' || learn === undefined) return found;
    const session = this.#sessions.peek(found);
    if (session === undefined) return '';
    if (this.#now() - session.last <= learn.timeout) return session.peer;
    this.#sessions.delete(found);
    return '';
  }

  /** @returns the line of an answer's head that tells the client its peer; empty where no cookie is used */
  onHead(peer: Peer, facts: () => Facts): string {
    const { cookie, learn } = this.#options;
    if (learn?.atHead === true) this.#learn(peer, facts);
    return cookie === undefined ? '' : `Set-Cookie: ${cookie.name}=${peer.id}${valueOf(cookie.attributes, facts)}\r\n`;
  }

  /** The whole answer of the peer has come, or it has switched protocols. */
  onAnswer(peer: Peer, facts: () => Facts): void {
    if (this.#options.learn?.atHead === false) this.#learn(peer, facts);
  }

  /** Goes on with the sessions of one that it replaces. */
  inherit(from: Sticky): void {
    if (this.#options.learn === undefined || from.#options.learn === undefined) return;
    for (const [id, session] of from.#sessions) this.#sessions.set(id, session);
    // What is under way when the options change still teaches.
    from.#sessions = this.#sessions;
  }

  /** The session that the answer opens is with this peer; one that the request names is as of now. */
  #learn(peer: Peer, facts: () => Facts): void {
    const { learn, lookup } = this.#options;
    if (learn === undefined) return;
    let id = firstOf(learn.create, facts);
    if (id === '') {
      id = firstOf(lookup, facts);
      // Only answers open sessions: what a client sends never grows the table.
      if (id === '' || this.#sessions.peek(id) === undefined) return;
    }
    // A copy: a text cut out of a head would keep all of it in memory.
    this.#sessions.set(Buffer.from(id, 'latin1').toString('latin1'), { peer: peer.id, last: this.#now() });
  }
}

function firstOf(values: readonly Value[], facts: () => Facts): string {
  for (const value of values) {
    const found = valueOf(value, facts);
    if (found !== '') return found;
  }
  return '';
}
