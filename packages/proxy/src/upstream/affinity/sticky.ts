import { createHash } from 'node:crypto';
import type { Learned } from './affinity.js';
import type { Facts } from '../../facts.js';
import { valueOf } from '../../options/value.js';
import type { Peer } from '../peer.js';
import { RecentMap } from '../../net/recent-map.js';
import type { StickyOptions } from '../../options/sticky.js';
import type { Value } from '../../options/value.js';

/** A learned session: its peer (`Peer.id`), and when it was last used and last reported, in milliseconds of `now`. */
interface Session {
  readonly peer: string;
  readonly last: number;
  readonly reported: number;
}

/** Marks a session among the tags that are reported to other processes: no node tag contains a colon. */
const PREFIX = 'session:';

/** Keeps the requests of a client at one peer, which they name by a cookie, a route or a session (nginx: `sticky`). */
export class Sticky {
  readonly #options: StickyOptions;
  readonly #now: () => number;
  readonly #onLearned: Learned | undefined;
  /** By the hash of their ids. */
  #sessions: RecentMap<Session>;

  /**
   * @param now milliseconds of a monotonic clock
   * @param onLearned called with the sessions that are learned, in the form that `adopt` reads
   */
  constructor(options: StickyOptions, now: () => number, onLearned?: Learned) {
    this.#onLearned = onLearned;
    this.#options = options;
    this.#now = now;
    this.#sessions = new RecentMap(options.learn?.sessions ?? 1);
  }

  /** `Peer.id` of the peer that the request names; '' when it names none. */
  wanted(facts: () => Facts): string {
    const { lookup, learn } = this.#options;
    const found = firstOf(lookup, facts);
    if (found === '' || learn === undefined) return found;
    const key = hashOf(found);
    const session = this.#sessions.peek(key);
    if (session === undefined) return '';
    if (this.#now() - session.last <= learn.timeout) return session.peer;
    this.#sessions.delete(key);
    return '';
  }

  /** @returns the `Set-Cookie` line that names the peer; '' without a cookie */
  onHead(peer: Peer, facts: () => Facts): string {
    const { cookie, learn } = this.#options;
    if (learn?.atHead === true) this.#learn(peer, facts);
    return cookie === undefined ? '' : `Set-Cookie: ${cookie.name}=${peer.id}${valueOf(cookie.attributes, facts)}\r\n`;
  }

  /** The peer's response has come whole, or the peer has switched protocols. */
  onAnswer(peer: Peer, facts: () => Facts): void {
    if (this.#options.learn?.atHead === false) this.#learn(peer, facts);
  }

  /** After a reload: takes over the sessions of the object that it replaces. */
  inherit(from: Sticky): void {
    if (this.#options.learn === undefined || from.#options.learn === undefined) return;
    for (const [id, session] of from.#sessions) this.#sessions.set(id, session);
    // Responses to requests that were in flight at the reload are still learned, by the replaced object.
    from.#sessions = this.#sessions;
  }

  /** Learns the session that the response opens, or renews the session that the request names. */
  #learn(peer: Peer, facts: () => Facts): void {
    const { learn, lookup } = this.#options;
    if (learn === undefined) return;
    const created = firstOf(learn.create, facts);
    const id = created === '' ? firstOf(lookup, facts) : created;
    if (id === '') return;
    const key = hashOf(id);
    const before = this.#sessions.peek(key);
    // Only responses open sessions: what a client sends never grows the table.
    if (created === '' && before === undefined) return;
    const last = this.#now();
    // Report a renewal before the session expires in the other processes.
    const isNews = before?.peer !== peer.id || last - before.reported > learn.timeout / 4;
    this.#sessions.set(key, { peer: peer.id, last, reported: isNews ? last : before.reported });
    if (isNews) this.#onLearned?.('tag', PREFIX + key, peer);
  }

  /** Takes over a session that another process has learned. @returns false when the text is a tag instead */
  adopt(reported: string, peer: Peer | undefined): boolean {
    if (!reported.startsWith(PREFIX)) return false;
    const last = this.#now();
    if (peer !== undefined) this.#sessions.set(reported.slice(PREFIX.length), { peer: peer.id, last, reported: last });
    return true;
  }
}

/** Ids may be long and are only compared, so their MD5 is kept, as in nginx. */
function hashOf(id: string): string {
  return createHash('md5').update(id, 'latin1').digest('hex');
}

function firstOf(values: readonly Value[], facts: () => Facts): string {
  for (const value of values) {
    const found = valueOf(value, facts);
    if (found !== '') return found;
  }
  return '';
}
