import { createHash } from 'node:crypto';
import type { Tell } from './affinity.js';
import type { Facts } from '../../facts.js';
import { valueOf } from '../../options/value.js';
import type { Peer } from '../peer.js';
import { RecentMap } from '../../net/recent-map.js';
import type { StickyOptions } from '../../options/sticky.js';
import type { Value } from '../../options/value.js';

/** Which peer a learned session is with (`Peer.id`); in milliseconds of `now`, when it was last heard of and told of. */
interface Session {
  readonly peer: string;
  readonly last: number;
  readonly told: number;
}

/** What stands before a session where others are told of it: no tag of a node can have it. */
const PREFIX = 'session:';

/** Requests of one client stay with one peer, which they name by a cookie, a route or a session (nginx: `sticky`). */
export class Sticky {
  readonly #options: StickyOptions;
  readonly #now: () => number;
  readonly #tell: Tell | undefined;
  /** By the hash of their ids. */
  #sessions: RecentMap<Session>;

  /**
   * @param now milliseconds of a clock that never goes back
   * @param tell told of sessions that are learned, in a form that `adopt` knows
   */
  constructor(options: StickyOptions, now: () => number, tell?: Tell) {
    this.#tell = tell;
    this.#options = options;
    this.#now = now;
    this.#sessions = new RecentMap(options.learn?.sessions ?? 1);
  }

  /** `Peer.id` of the peer that the request asks for; empty when it asks for none. */
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
    const created = firstOf(learn.create, facts);
    const id = created === '' ? firstOf(lookup, facts) : created;
    if (id === '') return;
    const key = hashOf(id);
    const before = this.#sessions.peek(key);
    // Only answers open sessions: what a client sends never grows the table.
    if (created === '' && before === undefined) return;
    const last = this.#now();
    // Others have to hear of it before it is too old for them.
    const isNews = before?.peer !== peer.id || last - before.told > learn.timeout / 4;
    this.#sessions.set(key, { peer: peer.id, last, told: isNews ? last : before.told });
    if (isNews) this.#tell?.('tag', PREFIX + key, peer);
  }

  /** What another process has learned. @returns false when that is no session */
  adopt(told: string, peer: Peer | undefined): boolean {
    if (!told.startsWith(PREFIX)) return false;
    const last = this.#now();
    if (peer !== undefined) this.#sessions.set(told.slice(PREFIX.length), { peer: peer.id, last, told: last });
    return true;
  }
}

/** Ids may be long, and are only ever compared: nginx keeps their MD5, too. */
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
